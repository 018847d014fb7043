import type { AuditEntry, StatusReport } from '../../api/contract/answers/index.ts';
import type { EventData } from '../../api/contract/events.ts';
import { get } from './http.ts';
import { load } from './loaded.ts';
import { withPoint } from './pure/history.ts';
import { changed, type SessionFacts, state } from './state.ts';

const again = { leastMs: 500, mostMs: 5_000 };
const keptEntries = 1_000;
/** Several changes of one moment are one reason to ask. */
const statusAfterMs = 150;

let source: EventSource | null = null;
let failures = 0;
let asking = false;
/** Told of each change of a feature. */
let onFeature: (feature: string) => void = () => undefined;

/** Follows control's events for good: after each loss it begins anew with the whole state. */
export function goLive(listener = onFeature): void {
  onFeature = listener;
  source?.close();
  source = new EventSource('/dashboard/api/v1/events?figures=true');
  on('state', (status) => {
    failures = 0;
    state.connection = 'live';
    state.progress.clear();
    // Of the process that was asked before, and of then.
    state.traffic.clear();
    state.troubles = [];
    takeStatus(status);
    // What was done while nobody listened, and what the open page asked for before it.
    void refreshAudit();
    for (const key of [...state.loaded.keys()]) if (key.startsWith('/')) void load(key);
  });
  on('change', (entry) => {
    state.audit = withEntry(state.audit, entry);
    askStatusSoon();
    if (entry.feature === null) return;
    state.progress.delete(entry.feature);
    onFeature(entry.feature);
  });
  on('progress', ({ feature, ...line }) => state.progress.set(feature, line));
  on('figures', takeFigures);
  on('trouble', ({ feature, troubles }) => {
    if (feature === null) state.troubles = troubles;
    askStatusSoon();
  });
  source.onerror = () => {
    state.connection = 'lost';
    changed();
    if (source?.readyState !== EventSource.CLOSED) return;
    // What answered was no stream: control is starting, or the session is over.
    failures += 1;
    setTimeout(comeBack, Math.min(again.mostMs, again.leastMs * 2 ** failures));
  };
}

async function comeBack(): Promise<void> {
  try {
    const response = await fetch('/dashboard/session', { credentials: 'same-origin', redirect: 'error' });
    if (response.status === 401) return location.assign('/dashboard/login');
    if (response.ok) state.session = (await response.json()) as SessionFacts;
  } catch {
    // Nobody listens there yet.
  }
  goLive();
}

function on<E extends 'state' | 'change' | 'progress' | 'figures' | 'trouble'>(
  event: E,
  take: (data: EventData<E>) => void,
): void {
  source!.addEventListener(event, (message) => {
    take(JSON.parse((message as MessageEvent<string>).data) as EventData<E>);
    changed();
  });
}

function takeStatus(status: StatusReport): void {
  state.status = status;
  state.clockAhead = Date.parse(status.now) - Date.now();
}

function askStatusSoon(): void {
  if (asking) return;
  asking = true;
  setTimeout(async () => {
    asking = false;
    try {
      takeStatus((await get('/v1/status')) as StatusReport);
      changed();
    } catch {
      // The next event of this kind asks again, and a new connection begins with the state.
    }
  }, statusAfterMs);
}

function takeFigures({ now, replicas, features }: EventData<'figures'>): void {
  const { status } = state;
  if (status === null) return;
  state.status = {
    ...status,
    now,
    ...(replicas === undefined ? {} : { replicas }),
    features: status.features.map((one) => {
      const news = features[one.name];
      if (news === undefined) return one;
      const { traffic, ...figures } = news;
      state.traffic.set(one.name, traffic);
      if (figures.running === null && figures.move?.progress == null) state.progress.delete(one.name);
      return { ...one, ...figures };
    }),
  };
  const at = Date.parse(now);
  for (const { name } of status.features) {
    const traffic = state.traffic.get(name);
    if (traffic == null) continue;
    const point = { at, legacy: traffic.legacy.perSecond, service: traffic.service.perSecond };
    state.history.set(name, withPoint(state.history.get(name) ?? [], point));
  }
}

async function refreshAudit(): Promise<void> {
  try {
    state.audit = (await get('/v1/audit?limit=200')) as readonly AuditEntry[];
    changed();
  } catch {
    // Changes are told as they come all the same.
  }
}

function withEntry(entries: readonly AuditEntry[], entry: AuditEntry): readonly AuditEntry[] {
  if (entries.some(({ id }) => id === entry.id)) return entries;
  return [entry, ...entries].sort((a, b) => b.id - a.id).slice(0, keptEntries);
}
