import type { AuditEntry, FeatureStatus, StatusReport } from '../../api/contract/answers/index.ts';
import type { FeatureFigures } from '../../api/contract/events.ts';
import type { ProgressLine } from '../../api/contract/progress.ts';
import type { RunningCommand } from './commands/running-command.ts';
import type { Loaded } from './loaded.ts';
import type { Page } from './pure/page.ts';

export interface SessionFacts {
  readonly role: 'read' | 'operate';
  /** The token's name; null: the one of control.tokenFile. */
  readonly token: string | null;
  readonly who: string;
  readonly csrf: string;
  readonly requireWhy: boolean;
}

export type Traffic = FeatureFigures['traffic'];

export interface TrafficPoint {
  readonly at: number;
  readonly legacy: number;
  readonly service: number;
}

/** All that the page shows is made of this. */
export interface State {
  session: SessionFacts | null;
  connection: 'connecting' | 'live' | 'lost';
  status: StatusReport | null;
  /** The state store's clock minus this browser's, milliseconds. */
  clockAhead: number;
  traffic: Map<string, Traffic>;
  /** Of the last minutes, by feature, oldest first. */
  history: Map<string, readonly TrafficPoint[]>;
  progress: Map<string, ProgressLine>;
  /** What is wrong with what all features share, as it was told last: the state store, too, of which no status can tell. */
  troubles: readonly string[];
  /** Newest first, of all features. */
  audit: readonly AuditEntry[];
  page: Page;
  /** What was typed to find a feature. */
  filter: string;
  command: RunningCommand | null;
  /** What pages asked for, by what it is. */
  loaded: Map<string, Loaded>;
}

export const state: State = {
  session: null,
  connection: 'connecting',
  status: null,
  clockAhead: 0,
  traffic: new Map(),
  history: new Map(),
  progress: new Map(),
  troubles: [],
  audit: [],
  page: { name: 'overview' },
  filter: '',
  command: null,
  loaded: new Map(),
};

let draw: () => void = () => undefined;
let drawn = true;

export function onChange(listener: () => void): void {
  draw = listener;
}

/** Something of the state is another: the page is drawn once for all that changes until the next frame. */
export function changed(): void {
  if (!drawn) return;
  drawn = false;
  // A tab in the background has no frames, and is to be right when somebody comes back to it.
  setTimeout(() => {
    drawn = true;
    draw();
  }, 16);
}

/** The state store's time, by which all times of the status are. */
export function now(): number {
  return Date.now() + state.clockAhead;
}

export function featureNamed(name: string): FeatureStatus | undefined {
  return state.status?.features.find((one) => one.name === name);
}
