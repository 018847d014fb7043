import { formatSeconds } from '../../../common/numbers.ts';
import type { PlanDescription } from '../contract/answers/index.ts';

/** A canary's plan, one line for each step and one for its end. */
export function planTimes(plan: PlanDescription): string[] {
  const steps = plan.coming.map(({ percent, at }) =>
    at === null ? `${percent} %, once the feature goes on` : `${percent} % at ${pointInTime(at)}`,
  );
  return plan.until === null ? steps : [...steps, `back to ${backTo(plan)} at ${pointInTime(plan.until)}`];
}

/** The same on one line; `now` is the state store's and adds how long it is until the next step. */
export function renderPlan(plan: PlanDescription, now?: string): string {
  const { next, coming, frozen, guard, watchedUntil } = plan;
  const parts = guard?.after === 'cutover' ? [] : [`is at ${plan.percent} %`];
  if (frozen !== null) parts.push(`stands still since ${pointInTime(frozen.since)} (${frozen.because})`);
  if (guard !== null) {
    const breaches = guard.breaches.map(({ what }) => what).join('; ');
    if (breaches !== '') parts.push(breaches);
    else if (coming.length > 0) parts.push('guarded: the next step waits for traffic, too');
    else if (watchedUntil !== null)
      parts.push(
        `${parts.length === 0 ? 'is ' : ''}guarded until ${pointInTime(watchedUntil)}${inTime(watchedUntil, now)}`,
      );
  }
  if (next !== null)
    parts.push(
      `next ${next.percent} %${next.at === null ? '' : ` at ${pointInTime(next.at)}${inTime(next.at, now)}`}`,
    );
  if (coming.length > 1) {
    const rest = coming.slice(1).map(({ percent }) => `${percent} %`);
    parts.push(`then ${rest.join(', ')}`);
  }
  if (plan.until !== null)
    parts.push(`back to ${backTo(plan)} at ${pointInTime(plan.until)}${inTime(plan.until, now)}`);
  return parts.join('; ');
}

function backTo({ revertsTo }: PlanDescription): string {
  const percents = [...new Set(Object.values(revertsTo ?? {}))].sort((a, b) => a - b);
  return percents.length === 1
    ? `${percents[0]} %`
    : `${percents[0]}–${percents.at(-1)} %, each route to its own`;
}

function pointInTime(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}

function inTime(at: string, now: string | undefined): string {
  if (now === undefined) return '';
  const seconds = (Date.parse(at) - Date.parse(now)) / 1_000;
  return seconds <= 0 ? ', due' : `, in ${formatSeconds(seconds)}`;
}
