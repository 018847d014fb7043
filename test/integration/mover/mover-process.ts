import { claimEpoch, openMove } from '../../../mover/index.ts';
import { TestPoints } from '../../support/move-fixture.ts';

/** A mover of its own process: copies and applies, says when it has reached the given point, and stays there for ever. */
const [spec, moment] = [JSON.parse(process.argv[2] ?? '{}'), process.argv[3] ?? ''];
const points = new TestPoints().at(moment, () => {
  process.send?.(moment);
  return new Promise<void>(() => {});
});
const move = await openMove(spec, {
  epoch: await claimEpoch(spec),
  points,
  tuning: { chunkRowsAtFirst: 100, chunkRowsMax: 100 },
});
await move.installCapture();
move.startApplying();
await move.copy();
await new Promise(() => setInterval(() => {}, 1_000));
