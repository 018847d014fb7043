import type { KeyColumn } from '../../plan/key-range.ts';
import { derivedName } from '../../sql/names.ts';
import type { CapturedTable } from '../capture.ts';

export const changeEvents = ['INSERT', 'UPDATE', 'DELETE'] as const;
export type ChangeEvent = (typeof changeEvents)[number];

export function logName(database: string, table: string): string {
  return derivedName('mover_log', database, table);
}

export function captureTriggerName(database: string, table: string, event: ChangeEvent): string {
  return derivedName(`banyan_capture_${event.toLowerCase()}`, database, table);
}

/** The key columns' names in the log: k1, k2, … */
export function logKeyName(index: number): string {
  return `k${index + 1}`;
}

/** The table's key as its log has it. */
export function logKey({ key }: CapturedTable): KeyColumn[] {
  return key.map(({ shape }, index) => ({ sql: logKeyName(index), shape }));
}
