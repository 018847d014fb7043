export { type IgnoreRequest, ignoreDifference } from './ignore-difference.ts';
export { type DiffReport, judgeShadow } from './judge-shadow.ts';
export { type ShadowRequest, type ShadowResult, setShadow } from './set-shadow.ts';
export type { ShadowState, SignOff } from './shadow-state.ts';
export { signOff, signOffStanding } from './sign-off.ts';
