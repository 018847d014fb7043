import { counted, formatCount, formatMs, formatSeconds } from '../../../../common/numbers.ts';

/** Figures as they stand in the page. */

/** `0.4`, `12`, `1,234`: requests a second. */
export function perSecond(value: number): string {
  return value === 0 ? '0' : value < 10 ? value.toFixed(1) : formatCount(value);
}

/** `–` where nothing was answered. */
export function milliseconds(ms: number | null): string {
  if (ms === null) return '–';
  return ms >= 1_000 ? `${(ms / 1_000).toFixed(1)} s` : `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

/** Changes that are not on the other side yet, and what waits longest. */
export function behindWords({ entries, oldestMs }: Backlog): string {
  if (entries === 0) return 'nothing behind';
  return `behind: ${counted(entries, 'key')}, oldest ${formatMs(oldestMs)}`;
}

interface Backlog {
  readonly entries: number;
  readonly oldestMs: number;
}

/** `12:03:09`, UTC as the audit log and the command line have it; with the day where it is not today's. */
export function timeOf(iso: string, nowMs: number): string {
  const day = iso.slice(0, 10);
  const today = new Date(nowMs).toISOString().slice(0, 10);
  return day === today ? iso.slice(11, 19) : `${day} ${iso.slice(11, 19)}`;
}

/** `4m10s ago`, `in 9s`, `now`. */
export function fromNow(iso: string, nowMs: number): string {
  const seconds = Math.round((Date.parse(iso) - nowMs) / 1_000);
  if (seconds === 0) return 'now';
  return seconds > 0 ? `in ${formatSeconds(seconds)}` : `${formatSeconds(-seconds)} ago`;
}

/** What a stage is called on a page: `cutting over`. */
export function stageName(stage: string): string {
  return stage.replaceAll('_', ' ');
}
