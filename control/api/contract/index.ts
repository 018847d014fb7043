export type {
  AuditEntry,
  CanaryResult,
  CohortsResult,
  DiffReport,
  EndingReport,
  FeatureStatus,
  HandoverRehearsal,
  HandoverResult,
  JointRehearsal,
  JointResult,
  PlanDescription,
  RepairResult,
  ShadowResult,
  SignOff,
  StatusReport,
  ThrottleResult,
  VerifyResult,
} from './answers/index.ts';
export { type ApiErrorCode, type ErrorBody, errorAnswer, errorStatuses } from './errors.ts';
export {
  type ActionAnswer,
  type ActionBody,
  actions,
  type FeatureAction,
  type OrderAnswer,
  type OrderBody,
  type OrderName,
  orders,
  type QuestionAnswer,
  type QuestionName,
  questions,
} from './operations.ts';
export { type ProgressLine, streamLine } from './progress.ts';
