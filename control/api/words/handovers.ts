import type { AuditEntry, HoldCosts } from '../contract/answers/index.ts';
import type { ClientCost } from './hold-cost-words.ts';

/** One step of a handover: from `fromMs` after the hold, for `ms`. */
export interface TimedStep {
  readonly step: string;
  readonly fromMs: number;
  readonly ms: number;
}

export interface PastGuard {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** One handover as the audit log has it. */
export interface PastHandover {
  readonly id: string;
  readonly direction: string;
  /** When writes were held. */
  readonly at: string;
  readonly who: string;
  readonly why: string;
  readonly outcome: 'done' | 'taken back' | 'under way';
  /** Why it was taken back; null: it was not. */
  readonly because: string | null;
  /** From the hold to the release; null where the log does not say: the process that conducted it died. */
  readonly holdMs: number | null;
  readonly steps: readonly TimedStep[];
  readonly gate: readonly PastGuard[];
  /** What it cost clients; null: no router has told. */
  readonly clients: ClientCost | null;
}

interface Details {
  readonly handover?: string;
  readonly gate?: readonly PastGuard[];
  readonly steps?: readonly { readonly step: string; readonly ms: number }[];
  readonly holdMs?: number;
  readonly routers?: number;
  readonly clients?: ClientCost;
}

/**
 * The handovers among a feature's entries, newest first. `costs`: what routers have reported by now; the log has it a few seconds
 * later, and for good.
 */
export function handoversOf(
  entries: readonly AuditEntry[],
  costs: readonly HoldCosts[] = [],
): readonly PastHandover[] {
  const byId = new Map<string, AuditEntry[]>();
  for (const entry of [...entries].sort((a, b) => a.id - b.id)) {
    const id = (entry.details as Details | null)?.handover;
    if (id !== undefined) byId.set(id, [...(byId.get(id) ?? []), entry]);
  }
  return [...byId].flatMap(([id, own]) => handoverOf(id, own, costs) ?? []).reverse();
}

function handoverOf(
  id: string,
  own: readonly AuditEntry[],
  costs: readonly HoldCosts[],
): PastHandover | null {
  const stepOf = ({ action }: AuditEntry) => action.split(': ')[1] ?? '';
  const hold = own.find((entry) => stepOf(entry) === 'hold');
  if (hold === undefined) return null;
  const decided = own.some((entry) => stepOf(entry) === 'decide');
  const abort = own.find((entry) => stepOf(entry) === 'abort');
  const released = own.find((entry) => stepOf(entry).startsWith('release'));
  const told = own.map(({ details }) => details as Details);
  // A later step knows all that an earlier one did.
  const times = told.findLast(({ steps }) => steps !== undefined && steps.length > 0)?.steps ?? [];
  const steps: TimedStep[] = [];
  let fromMs = 0;
  for (const { step, ms } of times) {
    steps.push({ step, fromMs, ms });
    fromMs += ms;
  }
  return {
    ...{ id, at: hold.at, who: hold.who, why: hold.why },
    direction: hold.action.split(':')[0]!,
    outcome: released === undefined ? 'under way' : decided ? 'done' : 'taken back',
    because: decided ? null : (abort?.why ?? null),
    holdMs:
      told.find(({ holdMs }) => holdMs !== undefined)?.holdMs ??
      (released === undefined ? null : between(hold, released)),
    steps,
    gate: told.find(({ gate }) => gate !== undefined)?.gate ?? [],
    clients: clientsOf(
      told,
      costs.find(({ handover, feature }) => handover === id && feature === hold.feature),
    ),
  };
}

function clientsOf(told: readonly Details[], cost: HoldCosts | undefined): ClientCost | null {
  if (cost === undefined) return told.findLast(({ clients }) => clients !== undefined)?.clients ?? null;
  const routers = told.find((one) => one.routers !== undefined)?.routers ?? null;
  const { held, longestMs, failed, reported } = cost;
  return { held, longestMs, failed, reported, routers };
}

function between(from: AuditEntry, to: AuditEntry): number {
  return Date.parse(to.at) - Date.parse(from.at);
}
