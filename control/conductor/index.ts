export {
  type Conducted,
  Conductor,
  type ConductorOptions,
  type FlipRequest,
  type FlipResult,
} from './conductor.ts';
export type { GateCheck } from './gate.ts';
