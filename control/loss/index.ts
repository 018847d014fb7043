export { describeLoss, isAccepted, keysKept, keysTold, type LossFigures } from './loss-figures.ts';
export { isUnreachable, type LossSources, reachSide, reachWithinMs, readLoss } from './read-loss.ts';
