export {
  type Conducted,
  Conductor,
  type ConductorOptions,
  type HandoverRequest,
  type HandoverResult,
} from './conductor.ts';
export type { GateCheck } from './gate.ts';
