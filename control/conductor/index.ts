export {
  type Conducted,
  Conductor,
  type ConductorOptions,
  type HandoverRequest,
  type HandoverResult,
} from './conductor.ts';
export { type Forcible, forcible, type GateCheck } from './gate.ts';
