import { BanyanError, type Fault } from '../../../common/errors.ts';
import type { Commands } from '../../commands.ts';
import type { HandoverRehearsal, HandoverResult } from '../../conductor/index.ts';
import { readMaxHold } from '../../conductor/read-max-hold.ts';
import type { BanyanConfig } from '../../config/index.ts';
import { explainRequest } from '../../explain/explain-request.ts';
import type { AcceptedLoss } from '../../feature/feature-state.ts';
import type { Direction } from '../../feature/stages.ts';
import { readMonolith } from '../../monolith/read-monolith.ts';
import { readPlan } from '../../plan/read-plan.ts';
import type { OnProgress } from '../../progress.ts';
import type { ReloadReport, ReloadRequest } from '../../reload/reload-control.ts';
import { lookAtFeatureRow } from '../../row/look-at-feature-row.ts';
import { judgeShadow } from '../../shadow/index.ts';
import type { Actor, StateStore } from '../../store/index.ts';
import type { TrafficFollower } from '../../traffic/index.ts';
import type { UsageFollower } from '../../usage/follow-usage.ts';
import type { StatusReport } from '../contract/answers/index.ts';
import type {
  ActionAnswer,
  ActionRequest,
  FeatureAction,
  InquiryAnswer,
  InquiryName,
  InquiryRequest,
  OrderAnswer,
  OrderName,
  OrderRequest,
  QuestionAnswer,
  QuestionName,
  QuestionQuery,
} from '../contract/operations.ts';

/** One request for an action, read and allowed. */
interface Asked<A extends FeatureAction> {
  readonly at: Commands;
  readonly feature: string;
  readonly actor: Actor;
  readonly body: ActionRequest<A>;
}

/** What is wrong with the request is told before the work begins: only the function returned does it. */
export type ActionHandler<A extends FeatureAction> = (
  asked: Asked<A>,
) => (onProgress: OnProgress) => Promise<ActionAnswer<A>>;

export const actionHandlers: { readonly [A in FeatureAction]: ActionHandler<A> } = {
  copy:
    ({ at, feature, actor, body: { skipDataCheck } }) =>
    (onProgress) =>
      at.copy(feature, actor, onProgress, { skipDataCheck }),
  verify:
    ({ at, feature, actor, body: { afresh, sample } }) =>
    (onProgress) =>
      at.verify(feature, { ...actor, afresh, sample, onProgress }),
  repair:
    ({ at, feature, actor, body: { table, keys, from, dryRun } }) =>
    (onProgress) =>
      at.repair(feature, {
        ...actor,
        ...(table === undefined ? {} : { table }),
        ...(keys === undefined ? {} : { keys }),
        ...(from === undefined ? {} : { from }),
        dryRun,
        onProgress,
      }),
  cutover: handOver('cutover'),
  rollback: handOver('rollback'),
  canary:
    ({ at, feature, actor, body }) =>
    () =>
      at.canary(feature, { ...body, ...actor }),
  cohorts:
    ({ at, feature, actor, body }) =>
    () =>
      at.cohorts(feature, { ...body, ...actor }),
  shadow:
    ({ at, feature, actor, body }) =>
    () =>
      at.shadow(feature, { ...body, ...actor }),
  throttle:
    ({ at, feature, actor, body }) =>
    () =>
      at.throttle(feature, { ...body, ...actor }),
  ignore:
    ({ at, feature, actor, body }) =>
    () =>
      at.ignore(feature, { ...body, ...actor }),
  'sign-off':
    ({ at, feature, actor }) =>
    () =>
      at.signOff(feature, actor),
  pause:
    ({ at, feature, actor }) =>
    () =>
      at.pause(feature, actor),
  resume:
    ({ at, feature, actor, body: { owner } }) =>
    () =>
      at.resume(feature, { ...actor, owner }),
  abort:
    ({ at, feature, actor }) =>
    () =>
      at.handovers.abort(feature, actor),
  freeze:
    ({ at, feature, actor }) =>
    () =>
      at.freeze(feature, actor),
  unfreeze:
    ({ at, feature, actor }) =>
    () =>
      at.unfreeze(feature, actor),
  abandon:
    ({ at, feature, actor, body: { clean, dryRun } }) =>
    (onProgress) =>
      at.abandon(feature, { ...actor, clean, dryRun, onProgress }),
  finish:
    ({ at, feature, actor, body: { dryRun } }) =>
    (onProgress) =>
      at.finish(feature, { ...actor, dryRun, onProgress }),
};

function handOver(direction: Direction): ActionHandler<Direction> {
  return ({ at, feature, actor, body: { acceptLoss, ...body } }) => {
    if (acceptLoss !== undefined)
      return rollBackWithLoss(direction, { at, feature, actor, body }, acceptLoss);
    const work = handOverAll(at, [feature], direction, actor, body);
    return async (onProgress) => {
      const answer = await work(onProgress);
      if (Array.isArray(answer)) return answer[0]!;
      return ofOne(answer);
    };
  };
}

function ofOne({ features, ...rehearsal }: HandoverRehearsal) {
  const { gate, loss } = features[0]!;
  return { ...rehearsal, gate, ...(loss === undefined ? {} : { loss }) };
}

function rollBackWithLoss(
  direction: Direction,
  { at, feature, actor, body }: Asked<Direction>,
  acceptLoss: AcceptedLoss,
): (onProgress: OnProgress) => Promise<ActionAnswer<Direction>> {
  const { dryRun, force, guard, retry } = body;
  assertFitsLoss({ cutover: direction === 'cutover', guard: guard !== undefined, retry: retry > 0 });
  const maxHoldMs = readMaxHold(body.maxHold);
  return async (onProgress) =>
    dryRun
      ? ofOne(await at.handovers.rehearseLossy(feature, acceptLoss, force))
      : at.handovers.rollBackWithLoss(feature, {
          ...actor,
          direction,
          force,
          maxHoldMs,
          acceptLoss,
          onProgress,
        });
}

/** What makes no sense beside `acceptLoss`, all of it at once. */
function assertFitsLoss(asked: {
  readonly cutover: boolean;
  readonly guard: boolean;
  readonly retry: boolean;
}): void {
  const faults = [
    ...(asked.cutover ? [misfit('acceptLoss', 'only a rollback can accept a loss')] : []),
    ...(asked.guard ? [misfit('guard', 'it watches the time after a cutover')] : []),
    ...(asked.retry ? [misfit('retry', 'a rollback with a loss is tried once')] : []),
  ];
  if (faults.length === 0) return;
  const list = faults.map(({ at, what }) => `${at}: ${what}`).join('\n  - ');
  throw new BanyanError('BANYAN_REQUEST_INVALID', `That makes no sense:\n  - ${list}`, {
    fix: 'Leave it out; nothing was changed.',
    faults,
  });
}

function misfit(at: string, what: string): Fault & { readonly at: string } {
  return { code: 'BANYAN_REQUEST_INVALID', at, what, fix: 'Leave it out.' };
}

/** What is wrong with the request is told at once; the work begins when the function returned is called. */
function handOverAll(
  at: Commands,
  features: readonly string[],
  direction: Direction,
  actor: Actor,
  { dryRun, force, retry, ...asked }: ActionRequest<Direction>,
): (onProgress: OnProgress) => Promise<HandoverResult[] | HandoverRehearsal> {
  const guards = at.handovers.cutoverGuards(features, direction, asked.guard);
  const maxHoldMs = readMaxHold(asked.maxHold);
  return (onProgress) =>
    dryRun
      ? at.handovers.rehearse(features, direction, force)
      : at.handovers.handover(features, { ...actor, direction, force, guards, maxHoldMs, retry, onProgress });
}

export interface OrderSources {
  /** Throws `BANYAN_CONTROL_STANDBY` while another process conducts. */
  readonly commands: () => Commands;
  /** The same. */
  readonly reload: (request: ReloadRequest) => Promise<ReloadReport>;
}

type OrderHandler<O extends OrderName> = (
  sources: OrderSources,
  body: OrderRequest<O>,
  actor: Actor,
) => (onProgress: OnProgress) => Promise<OrderAnswer<O>>;

export const orderHandlers: { readonly [O in OrderName]: OrderHandler<O> } = {
  handover: ({ commands }, { direction, features, ...body }, actor) => {
    const work = handOverAll(commands(), features, direction, actor, body);
    return async (onProgress) => {
      const answer = await work(onProgress);
      return Array.isArray(answer) ? { direction, features: answer } : answer;
    };
  },
  reload:
    ({ reload }, { dryRun }, actor) =>
    (onProgress) =>
      reload({ ...actor, dryRun, onProgress }),
};

export interface QuestionSources {
  readonly store: StateStore;
  readonly status: () => Promise<StatusReport>;
  readonly traffic: TrafficFollower;
  readonly usage: UsageFollower;
  readonly config: () => BanyanConfig;
  /** Throws `BANYAN_CONTROL_STANDBY` while another process conducts. */
  readonly commands: () => Commands;
}

export interface InquirySources {
  readonly store: StateStore;
  readonly config: () => BanyanConfig;
}

type InquiryHandler<I extends InquiryName> = (
  sources: InquirySources,
  body: InquiryRequest<I>,
) => Promise<InquiryAnswer<I>>;

export const inquiryHandlers: { readonly [I in InquiryName]: InquiryHandler<I> } = {
  explain: async ({ store, config }, { headers, ...asked }) =>
    explainRequest({ ...asked, headers: headers.flat() }, config(), await store.routeTable(), 'control'),
  row: ({ config }, asked) => lookAtFeatureRow(config(), asked),
};

type QuestionHandler<Q extends QuestionName> = (
  sources: QuestionSources,
  query: QuestionQuery<Q>,
  feature: string | null,
) => Promise<QuestionAnswer<Q>>;

export const questionHandlers: { readonly [Q in QuestionName]: QuestionHandler<Q> } = {
  status: ({ status }) => status(),
  routes: ({ store }) => store.routeTable(),
  audit: ({ store }, { feature, limit }) =>
    store.audit({ limit, ...(feature === undefined ? {} : { feature }) }),
  'hold-costs': ({ store }, filter) => store.holdCosts(filter),
  'audit-verification': ({ store }, { anchor }) => {
    const [id, hash] = anchor?.split(':') ?? [];
    return store.verifyAudit(id === undefined || hash === undefined ? null : { id: Number(id), hash });
  },
  diff: ({ store }, { route }, feature) => judgeShadow(store, feature ?? '', route),
  usage: ({ usage }, { access }, feature) => usage.look(feature!, access),
  plan: (sources, _query, feature) => readPlan(sources, feature!),
  monolith: ({ config, store }) => readMonolith(config(), store),
  traffic: async ({ traffic }, _query, feature) => {
    const figures = await traffic.look();
    return { feature: feature!, traffic: figures.get(feature!) ?? null };
  },
};
