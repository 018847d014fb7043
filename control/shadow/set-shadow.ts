import { randomUUID } from 'node:crypto';
import { BanyanError, type Fault } from '../../common/errors.ts';
import { type CompareSettings, defaultCompareSettings } from '../../router/shadow/compare/index.ts';
import type { Sandbox } from '../../router/shadow/shadow-routing.ts';
import type { FeatureState } from '../feature/feature-state.ts';
import { stageRefused } from '../feature/stage-refused.ts';
import { stages } from '../feature/stages.ts';
import type { Actor, LeaseGrant, StateStore } from '../store/index.ts';
import type { ShadowState } from './shadow-state.ts';

export interface ShadowRequest extends Actor {
  /** Share of clients, 0–100 with two decimals. */
  readonly percent: number;
  /** Share of these requests that legacy gets twice, 0–100. */
  readonly repeatPercent?: number | undefined;
  /** Route ids; all reads where left out. */
  readonly routes?: readonly string[] | undefined;
  /** `NAME: VALUE`: writes too, with this field set. */
  readonly sandbox?: string | undefined;
  /** Both sides know that field: either may be asked once more. */
  readonly sandboxBoth?: boolean | undefined;
  readonly numbers?: CompareSettings['numbers'] | undefined;
  readonly keyOrder?: CompareSettings['keyOrder'] | undefined;
  /** Fields of the head that are compared instead of the usual ones. */
  readonly headers?: readonly string[] | undefined;
  /** Begins to count anew: another version of the service runs. */
  readonly restart?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface ShadowResult {
  /** Of the route table with it. */
  readonly version: number;
  readonly shadow: ShadowState;
  readonly dryRun?: true;
}

export interface ShadowSubject {
  readonly name: string;
  readonly routes: readonly { readonly id: string; readonly access: 'read' | 'write' }[];
}

export interface SetShadowOptions {
  readonly store: StateStore;
  readonly lease: LeaseGrant;
  readonly subject: ShadowSubject;
  readonly request: ShadowRequest;
}

/** Of a feature that was never shadowed. */
const usualRepeatPercent = 10;

/** Sets what is compared. Throws `BANYAN_REQUEST_INVALID` with all faults, `BANYAN_STAGE_REFUSED`. */
export async function setShadow({ store, lease, subject, request }: SetShadowOptions): Promise<ShadowResult> {
  const faults = shadowFaults(subject, request);
  if (faults.length > 0) {
    const list = faults.map(({ at, what }) => `${at}: ${what}`).join('\n  - ');
    throw new BanyanError(
      'BANYAN_REQUEST_INVALID',
      `That shadow of ${subject.name} makes no sense:\n  - ${list}`,
      {
        fix: 'Correct it; nothing was changed.',
        faults,
      },
    );
  }
  const { who, why, percent, dryRun } = request;
  let shadow!: ShadowState;
  const { version } = await store.change({
    feature: subject.name,
    action: `shadow ${percent} %`,
    who,
    why,
    lease,
    change: ({ state, now }) => {
      if (percent > 0 && stages[state.stage].reads !== 'canary') {
        const fix = 'Both sides answer alike only while both are kept current: shadow once the copy is done.';
        throw stageRefused(subject.name, state.stage, 'a shadow', fix);
      }
      shadow = nextShadow(state, request, now);
      return dryRun ? state : { ...state, shadow };
    },
  });
  return { version, shadow, ...(dryRun ? { dryRun } : {}) };
}

function nextShadow({ shadow }: FeatureState, request: ShadowRequest, now: string): ShadowState {
  const compare = {
    numbers: request.numbers ?? shadow?.compare.numbers ?? defaultCompareSettings.numbers,
    keyOrder: request.keyOrder ?? shadow?.compare.keyOrder ?? defaultCompareSettings.keyOrder,
    headers:
      request.headers?.map((name) => name.toLowerCase()) ??
      shadow?.compare.headers ??
      defaultCompareSettings.headers,
  };
  // What was counted by other rules cannot be added to what comes now.
  const asBefore = shadow !== null && JSON.stringify(shadow.compare) === JSON.stringify(compare);
  const goesOn = asBefore && request.restart !== true;
  return {
    run: goesOn ? shadow.run : randomUUID(),
    since: goesOn ? shadow.since : now,
    percent: request.percent,
    repeatPercent: request.repeatPercent ?? shadow?.repeatPercent ?? usualRepeatPercent,
    routes: request.routes ?? null,
    sandbox: sandboxOf(request),
    compare,
    ignore: shadow?.ignore ?? [],
    signedOff: goesOn ? shadow.signedOff : null,
  };
}

function shadowFaults({ name, routes }: ShadowSubject, request: ShadowRequest): Fault[] {
  const faults: Fault[] = [];
  const fault = (at: string, what: string, fix: string) =>
    faults.push({ code: 'BANYAN_REQUEST_INVALID', at, what, fix });
  for (const at of ['percent', 'repeatPercent'] as const) {
    const value = request[at];
    if (
      value === undefined ||
      (value >= 0 && value <= 100 && Number.isInteger(Math.round(value * 1e8) / 1e6))
    )
      continue;
    fault(at, `${value} is no percentage with at most two decimals`, 'Give a number from 0 to 100.');
  }
  for (const id of request.routes ?? []) {
    const route = routes.find((one) => one.id === id);
    const known = routes.map((one) => one.id).join(', ');
    if (route === undefined) fault('routes', `${name} has no route ${id}`, `Name some of: ${known}.`);
    else if (route.access === 'write' && request.sandbox === undefined)
      fault(
        'routes',
        `${id} writes`,
        'Add --sandbox NAME:VALUE if the other side does nothing that lasts then.',
      );
  }
  if (request.sandbox !== undefined && readField(request.sandbox) === null)
    fault(
      'sandbox',
      `${JSON.stringify(request.sandbox)} is no field`,
      'Write NAME:VALUE, such as x-sandbox:1.',
    );
  if (request.sandboxBoth === true && request.sandbox === undefined)
    fault('sandboxBoth', 'there is no sandbox', 'Add --sandbox NAME:VALUE.');
  for (const header of request.headers ?? [])
    if (!fieldName.test(header))
      fault('headers', `${JSON.stringify(header)} is no name of a field`, 'Correct it.');
  return faults;
}

function sandboxOf({ sandbox, sandboxBoth }: ShadowRequest): Sandbox | null {
  const field = sandbox === undefined ? null : readField(sandbox);
  return field === null ? null : { ...field, ...(sandboxBoth === true && { both: true }) };
}

const fieldName = /^[\w!#$%&'*+.^`|~-]+$/;

function readField(text: string): { name: string; value: string } | null {
  const colon = text.indexOf(':');
  const [name, value] = [text.slice(0, colon).trim(), text.slice(colon + 1).trim()];
  return colon > 0 && fieldName.test(name) && /^[\x20-\x7e]+$/.test(value) ? { name, value } : null;
}
