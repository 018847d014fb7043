import { BanyanError, type Fault } from '../../common/errors.ts';
import type { GuardSettings } from '../guard/guard-settings.ts';
import { type GuardInput, readGuard } from '../guard/read-guard.ts';
import { later } from './canary-plan.ts';
import { readDuration, readInstant } from './read-time.ts';

/** A canary as it is asked for: numbers, or the texts of a command line. */
export interface CanaryInput {
  readonly percent?: number | string | undefined;
  readonly ramp?: readonly number[] | string | undefined;
  /** A duration: `10m`. */
  readonly every?: string | undefined;
  /** A duration from now, or a point in time: `30m`, `2026-11-22T18:00:00Z`. */
  readonly until?: string | undefined;
  /** Route ids; all read routes of the feature where left out. */
  readonly routes?: readonly string[] | undefined;
  /** Watches over a ramp. */
  readonly guard?: GuardInput | undefined;
}

/** What a canary may be asked for of. */
export interface CanarySubject {
  readonly name: string;
  readonly routes: readonly { readonly id: string; readonly access: 'read' | 'write' }[];
}

/** A canary that makes sense. */
export interface CanaryOrder {
  readonly routes: readonly string[];
  /** Rising, 0–100 with two decimals; at least one. */
  readonly ramp: readonly number[];
  readonly everyMs: number | null;
  /** ISO 8601. */
  readonly until: string | null;
  readonly guard: GuardSettings | null;
}

/** Routers learn of a step with their next beat: shorter ones could not be told apart. */
const shortestMs = 100;
const longestMs = 366 * 86_400_000;

/** Reads what was asked for at `now`, with everything that is wrong with it. The order counts only if there is no fault. */
export function readCanary(
  subject: CanarySubject,
  input: CanaryInput,
  now: string,
): { readonly order: CanaryOrder; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const fault = (at: string, what: string, fix: string) =>
    faults.push({ code: 'BANYAN_REQUEST_INVALID', at, what, fix });

  const { percent, every, until } = input;
  if (percent === undefined && input.ramp === undefined)
    fault('percent', 'neither percent nor ramp is given', 'Give --percent N, or --ramp N,N,… with --every.');
  if (percent !== undefined && input.ramp !== undefined)
    fault('percent', 'percent and ramp exclude each other', 'Begin the ramp with that percentage instead.');
  const given = percent === undefined ? [] : [percent];
  const steps = typeof input.ramp === 'string' ? input.ramp.split(',') : (input.ramp ?? []);
  const ramp = [...readPercents(given, 'percent', fault), ...readPercents(steps, 'ramp', fault)];
  if (input.ramp !== undefined && steps.length === 0)
    fault('ramp', 'it has no step', 'Give rising percentages, such as 1,5,25,50,100.');
  ramp.forEach((value, index) => {
    const previous = ramp[index - 1];
    if (percent === undefined && previous !== undefined && !(value > previous))
      fault(
        'ramp',
        `${value} does not rise above ${previous}`,
        'Give rising percentages, such as 1,5,25,50,100.',
      );
  });

  if (input.ramp !== undefined && every === undefined)
    fault('every', 'a ramp needs the time between its steps', 'Add --every 10m.');
  if (input.ramp === undefined && every !== undefined)
    fault('every', 'it makes no sense without a ramp', 'Add --ramp 1,5,25,50,100, or leave it out.');
  const everyMs = every === undefined ? null : readDuration(every);
  if (every !== undefined && (everyMs === null || everyMs < shortestMs || everyMs > longestMs))
    fault('every', `${every} is no duration from 100ms to 366d`, 'Give something like 90s, 10m or 1h30m.');

  const guard = input.guard === undefined ? null : readGuard(input.guard, ['step-back', 'freeze'], fault);
  if (guard !== null && ramp.length < 2)
    fault('guard', 'it watches over a ramp, and there is none', 'Add --ramp 1,5,25,50,100 and --every 10m.');

  return {
    order: {
      routes: readRoutes(subject, input.routes, faults),
      ramp,
      everyMs: ramp.length > 1 ? everyMs : null,
      until: until === undefined ? null : readUntil(until, now, fault),
      guard,
    },
    faults,
  };
}

/** All faults as one error; `BANYAN_CANARY_REFUSED` where the request is well-formed and only its routes do not fit. */
export function canaryFaulty(feature: string, faults: readonly Fault[]): BanyanError {
  const list = faults.map(({ at, what }) => `${at}: ${what}`).join('\n  - ');
  if (faults.every(({ code }) => code === 'BANYAN_CANARY_REFUSED')) {
    return new BanyanError('BANYAN_CANARY_REFUSED', `${feature} cannot be canaried so:\n  - ${list}`, {
      fix: faults.map(({ fix }) => fix).join(' '),
      faults,
    });
  }
  return new BanyanError('BANYAN_REQUEST_INVALID', `That canary of ${feature} makes no sense:\n  - ${list}`, {
    fix: 'Correct it; nothing was changed.',
    faults,
  });
}

type TellFault = (at: string, what: string, fix: string) => void;

function readPercents(texts: readonly (number | string)[], at: string, fault: TellFault): number[] {
  return texts.flatMap((text) => {
    const value = typeof text === 'number' ? text : Number(text.replace(/%\s*$/, '').trim() || Number.NaN);
    if (!(value >= 0 && value <= 100)) {
      fault(at, `${JSON.stringify(text)} is no percentage`, 'Give a number from 0 to 100.');
      return [];
    }
    if (Math.abs(value * 100 - Math.round(value * 100)) > 1e-6)
      fault(at, `${value} has more than two decimals`, 'Buckets are hundredths of a percent: round it.');
    return [value];
  });
}

export function readRoutes(
  { name, routes }: CanarySubject,
  asked: readonly string[] | undefined,
  faults: Fault[],
): readonly string[] {
  const reads = routes.filter((route) => route.access === 'read').map((route) => route.id);
  for (const id of asked ?? []) {
    if (reads.includes(id)) continue;
    const writes = routes.some((route) => route.id === id);
    faults.push({
      code: 'BANYAN_CANARY_REFUSED',
      at: 'routes',
      what: writes ? `${id} writes: only reads can be canaried` : `${name} has no route ${id}`,
      fix: writes ? 'Writes follow the owner: cut over instead.' : `Name one of: ${reads.join(', ')}.`,
    });
  }
  return [...new Set(asked ?? reads)];
}

function readUntil(text: string, now: string, fault: TellFault): string | null {
  const ms = readDuration(text);
  const at = ms === null ? readInstant(text) : later(now, Math.min(ms, 2 * longestMs));
  if (at === null) {
    const fix = 'Give a duration (30m) or a point in time with its zone (2026-11-22T18:00:00Z).';
    fault('until', `${JSON.stringify(text)} is neither a duration nor a point in time with a zone`, fix);
    return null;
  }
  const leftMs = Date.parse(at) - Date.parse(now);
  if (leftMs <= 0)
    fault('until', `${text} is not in the future: it is ${now}`, 'Give a time that is still to come.');
  if (leftMs > longestMs)
    fault('until', `${text} is more than a year away`, 'Give a nearer time, or leave it out.');
  return at;
}
