import type { Entry, Page } from './thrift-types.ts';

export interface PageRequest {
  /** `2026-11-30` */
  readonly day: string;
  /** The last entry of the page before; null: from the day's first. */
  readonly after: Pick<Entry, 'at' | 'id'> | null;
  readonly limit: number;
  readonly newestFirst: boolean;
}

/** Where entries are kept. One instance has its place to itself. */
export interface Sink {
  /** Keeps the entries; done when a killed process no longer loses them. An entry that is there already is there once. */
  append(entries: readonly Entry[]): Promise<void>;
  /** By time, then id, or backwards. @throws Refusal NotReadable where it only writes */
  query(request: PageRequest): Promise<readonly Entry[]>;
  close(): Promise<void>;
}

/** `following` of a page: where the next one goes on. */
export function pageOf(entries: readonly Entry[], limit: number): Page {
  if (entries.length <= limit) return { entries };
  const page = entries.slice(0, limit);
  const { at, id } = page.at(-1)!;
  return { entries: page, following: `${at} ${id}` };
}

/** Order of a page: both are ASCII texts. */
export function compareEntries(a: Pick<Entry, 'at' | 'id'>, b: Pick<Entry, 'at' | 'id'>): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return a.id === b.id ? 0 : a.id < b.id ? -1 : 1;
}
