import type { z } from 'zod';
import { routeTableSchema } from '../../../router/table/route-table.ts';
import { auditEntries, auditVerification } from './answers/audit.ts';
import { canaryResult, cohortsResult } from './answers/canary.ts';
import { endingReport } from './answers/ending.ts';
import { explanation } from './answers/explanation.ts';
import { featureState } from './answers/feature-state.ts';
import { abortResult, handoverAnswer, jointAnswer } from './answers/handover.ts';
import { holdCosts } from './answers/hold-costs.ts';
import { monolithAnswer } from './answers/monolith.ts';
import { planAnswer } from './answers/plan.ts';
import { reloadReport } from './answers/reload.ts';
import { rowAnswer } from './answers/row.ts';
import { copyResult, repairResult, throttleResult, verifyResult } from './answers/rows.ts';
import { diffReport, ignoreResult, shadowResult, signOff } from './answers/shadow.ts';
import { statusReport } from './answers/status.ts';
import { trafficAnswer } from './answers/traffic.ts';
import { usageAnswer } from './answers/usage.ts';
import type { ApiErrorCode } from './errors.ts';
import {
  abandonRequest,
  auditQuery,
  auditVerifyQuery,
  canaryRequest,
  cohortsRequest,
  copyRequest,
  diffQuery,
  explainRequest,
  finishRequest,
  handoverRequest,
  ignoreRequest,
  jointRequest,
  noQuery,
  perhapsWhy,
  reloadRequest,
  repairRequest,
  resumeRequest,
  rowRequest,
  saidWhy,
  shadowRequest,
  throttleRequest,
  usageQuery,
  verifyRequest,
} from './requests.ts';

/**
 * The admin API: every request, what it takes and what it answers, declared once. The server checks requests by it, the
 * client and the command line take their types from it, and `banyan api` prints it as OpenAPI.
 */

export interface Question {
  readonly summary: string;
  readonly path: string;
  readonly query: z.ZodObject;
  readonly answer: z.ZodType;
  readonly errors: readonly ApiErrorCode[];
}

export interface Action {
  readonly summary: string;
  readonly body: z.ZodType;
  readonly answer: z.ZodType;
  /** Long work: answered with lines of progress, and last its result or its error. */
  readonly streams: boolean;
  readonly errors: readonly ApiErrorCode[];
}

/** Asked with GET; nothing is changed. */
export const questions = {
  status: {
    summary: 'Where everything stands',
    path: '/v1/status',
    query: noQuery,
    answer: statusReport,
    errors: [],
  },
  routes: {
    summary: 'The route table',
    path: '/v1/routes',
    query: noQuery,
    answer: routeTableSchema,
    errors: [],
  },
  audit: {
    summary: 'Who changed what, when and why; newest first',
    path: '/v1/audit',
    query: auditQuery,
    answer: auditEntries,
    errors: [],
  },
  'audit-verification': {
    summary: 'Whether the audit log is as it was written',
    path: '/v1/audit/verification',
    query: auditVerifyQuery,
    answer: auditVerification,
    errors: [],
  },
  'hold-costs': {
    summary: 'What handovers cost clients, as far as routers have reported it; newest first',
    path: '/v1/hold-costs',
    query: auditQuery,
    answer: holdCosts,
    errors: [],
  },
  diff: {
    summary: 'How the answers of the service differ from those of legacy',
    path: '/v1/features/{feature}/diff',
    query: diffQuery,
    answer: diffReport,
    errors: ['BANYAN_FEATURE_UNKNOWN'],
  },
  plan: {
    summary: 'What comes next for the feature, and what control knows to stand in its way',
    path: '/v1/features/{feature}/plan',
    query: noQuery,
    answer: planAnswer,
    errors: ['BANYAN_FEATURE_UNKNOWN', 'BANYAN_CONTROL_STANDBY'],
  },
  monolith: {
    summary: 'What is left in the monolith: tables, routes, seams that still call legacy',
    path: '/v1/monolith',
    query: noQuery,
    answer: monolithAnswer,
    errors: [],
  },
  traffic: {
    summary: 'What goes to which side at this time, how fast it is answered and how often not',
    path: '/v1/features/{feature}/traffic',
    query: noQuery,
    answer: trafficAnswer,
    errors: ['BANYAN_FEATURE_UNKNOWN'],
  },
  usage: {
    summary: 'Which statements write, or read, its tables on legacy’s server at this time',
    path: '/v1/features/{feature}/usage',
    query: usageQuery,
    answer: usageAnswer,
    errors: ['BANYAN_FEATURE_UNKNOWN'],
  },
} as const satisfies Record<string, Question>;

/** Asked with POST of `/v1/{inquiry}`, since what they are about does not belong into an address. Nothing is changed. */
export const inquiries = {
  explain: {
    summary: 'Where a request would go, and why; nothing is sent',
    body: explainRequest,
    answer: explanation,
    streams: false,
    errors: ['BANYAN_REQUEST_REFUSED'],
  },
  row: {
    summary: 'One row as legacy and the service have it, column by column',
    body: rowRequest,
    answer: rowAnswer,
    streams: false,
    errors: ['BANYAN_FEATURE_UNKNOWN', 'BANYAN_TABLE_UNKNOWN', 'BANYAN_KEY_UNREADABLE'],
  },
} as const satisfies Record<string, Action>;

const moving = [
  'BANYAN_STAGE_REFUSED',
  'BANYAN_FEATURE_FROZEN',
  'BANYAN_FEATURE_BUSY',
  'BANYAN_MOVE_ELSEWHERE',
] as const;
const handover = {
  body: handoverRequest,
  answer: handoverAnswer,
  streams: true,
  errors: [...moving, 'BANYAN_GATE_CLOSED', 'BANYAN_LOSS_REFUSED', 'BANYAN_STATE_MOVED'],
} as const;
const steering = { body: perhapsWhy, answer: featureState, streams: false, errors: moving } as const;

/** Asked with POST of `/v1/features/{feature}/{action}`. */
export const actions = {
  copy: {
    summary: 'Begin the copy of the tables, or watch the one under way',
    body: copyRequest,
    answer: copyResult,
    streams: true,
    errors: [...moving, 'BANYAN_PREFLIGHT_FAILED', 'BANYAN_PAUSED', 'BANYAN_COPY_ABANDONED'],
  },
  verify: {
    summary: 'Compare every row of both sides, or a sample',
    body: verifyRequest,
    answer: verifyResult,
    streams: true,
    errors: moving,
  },
  repair: {
    summary: 'Make the side that does not own the rows equal to the owner again',
    body: repairRequest,
    answer: repairResult,
    streams: true,
    errors: moving,
  },
  canary: {
    summary: 'Send a share of reads to the service, now and as planned',
    body: canaryRequest,
    answer: canaryResult,
    streams: false,
    errors: ['BANYAN_STAGE_REFUSED', 'BANYAN_FEATURE_FROZEN', 'BANYAN_CANARY_REFUSED'],
  },
  cohorts: {
    summary: 'Name the cohorts that read from the service whatever the share',
    body: cohortsRequest,
    answer: cohortsResult,
    streams: false,
    errors: ['BANYAN_STAGE_REFUSED', 'BANYAN_FEATURE_FROZEN', 'BANYAN_CANARY_REFUSED'],
  },
  shadow: {
    summary: 'Ask both sides for a share of the clients, and compare',
    body: shadowRequest,
    answer: shadowResult,
    streams: false,
    errors: ['BANYAN_STAGE_REFUSED'],
  },
  throttle: {
    summary: 'Say how fast a copy may go',
    body: throttleRequest,
    answer: throttleResult,
    streams: false,
    errors: [],
  },
  ignore: {
    summary: 'Say that a difference does not matter, or take that back',
    body: ignoreRequest,
    answer: ignoreResult,
    streams: false,
    errors: [],
  },
  'sign-off': {
    summary: 'Take the differences as they are',
    body: saidWhy,
    answer: signOff,
    streams: false,
    errors: ['BANYAN_DIFF_OPEN'],
  },
  cutover: { summary: 'Make the service the owner of the rows', ...handover },
  rollback: { summary: 'Make legacy the owner of the rows again', ...handover },
  abort: {
    summary: 'Take back a handover that is under way and not decided',
    body: saidWhy,
    answer: abortResult,
    streams: false,
    errors: ['BANYAN_STAGE_REFUSED'],
  },
  freeze: {
    summary: 'Allow no transition and no canary, and send reads to the owner',
    body: saidWhy,
    answer: featureState,
    streams: false,
    errors: ['BANYAN_STAGE_REFUSED'],
  },
  unfreeze: { summary: 'Allow them again', body: saidWhy, answer: featureState, streams: false, errors: [] },
  pause: { summary: 'Stop the work of the mover', ...steering },
  resume: {
    summary: 'Go on after a pause or a failure, or after the state store was restored from a backup',
    ...steering,
    body: resumeRequest,
    errors: [...moving, 'BANYAN_OWNER_UNCLEAR'],
  },
  abandon: {
    summary: 'Give a copy up, and on request take its rows away',
    body: abandonRequest,
    answer: endingReport,
    streams: true,
    errors: [...moving, 'BANYAN_ENDING_REFUSED'],
  },
  finish: {
    summary: 'Let the service keep the rows for good, and take away what is left of the move',
    body: finishRequest,
    answer: endingReport,
    streams: true,
    errors: [...moving, 'BANYAN_ENDING_REFUSED', 'BANYAN_ROUTERS_BEHIND'],
  },
} as const satisfies Record<string, Action>;

/** Asked with POST of `/v1/{order}`: what is about no feature, or about several. */
export const orders = {
  handover: {
    summary: 'Cut several features over, or roll them back, all at one instant or none',
    body: jointRequest,
    answer: jointAnswer,
    streams: true,
    errors: [...moving, 'BANYAN_FEATURE_UNKNOWN', 'BANYAN_GATE_CLOSED', 'BANYAN_STATE_MOVED'],
  },
  reload: {
    summary: 'Read the config again, in control and in all routers',
    body: reloadRequest,
    answer: reloadReport,
    streams: true,
    errors: [
      'BANYAN_CONFIG_INVALID',
      'BANYAN_CONFIG_UNREADABLE',
      'BANYAN_RELOAD_REFUSED',
      'BANYAN_FEATURE_BUSY',
    ],
  },
} as const satisfies Record<string, Action>;

/** Every answer may be one of these, too. */
export const commonErrors = [
  'BANYAN_REQUEST_INVALID',
  'BANYAN_UNAUTHORIZED',
  'BANYAN_TOO_MANY_FAILURES',
  'BANYAN_STATE_UNREACHABLE',
  'BANYAN_DATABASE_LOST',
  'BANYAN_DATABASE_UNAVAILABLE',
  'BANYAN_DATABASE_LOCKED',
] as const satisfies readonly ApiErrorCode[];

export type QuestionName = keyof typeof questions;
export type FeatureAction = keyof typeof actions;
export type OrderName = keyof typeof orders;
export type InquiryName = keyof typeof inquiries;

/** What a client sends and gets; what the server reads and must answer. */
export type ActionBody<A extends FeatureAction> = z.input<(typeof actions)[A]['body']>;
export type ActionRequest<A extends FeatureAction> = z.output<(typeof actions)[A]['body']>;
export type ActionAnswer<A extends FeatureAction> = z.output<(typeof actions)[A]['answer']>;
export type OrderBody<O extends OrderName> = z.input<(typeof orders)[O]['body']>;
export type OrderRequest<O extends OrderName> = z.output<(typeof orders)[O]['body']>;
export type OrderAnswer<O extends OrderName> = z.output<(typeof orders)[O]['answer']>;
export type InquiryBody<I extends InquiryName> = z.input<(typeof inquiries)[I]['body']>;
export type InquiryRequest<I extends InquiryName> = z.output<(typeof inquiries)[I]['body']>;
export type InquiryAnswer<I extends InquiryName> = z.output<(typeof inquiries)[I]['answer']>;
export type QuestionQuery<Q extends QuestionName> = z.output<(typeof questions)[Q]['query']>;
export type QuestionAnswer<Q extends QuestionName> = z.output<(typeof questions)[Q]['answer']>;
