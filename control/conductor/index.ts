export { Conductor, type Subjects } from './conductor.ts';
export { type Forcible, forcible } from './forcible.ts';
export type { GateCheck } from './gate.ts';
export { isStuckAtService } from './handover-changes.ts';
export type { Conducted, ConductorOptions } from './handover-context.ts';
export type { HandoverRehearsal, HandoverRequest, HandoverResult } from './handover-request.ts';
export type { LossyRequest } from './lossy-rollback.ts';
