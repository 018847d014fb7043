import type { Change, Document } from './document.ts';
import type { Told } from './progress.ts';

/** How far an index has come. */
export interface Position {
  /** Which stream: one that was made anew counts from 1 again. */
  readonly stream: string;
  /** The sequence of the last change that is in the index. */
  readonly seq: number;
  /** What was committed until then is in the index, milliseconds since 1970; null: nothing is known of it. */
  readonly freshUntil: number | null;
  /** Left out: the feed has told nothing. */
  readonly told?: Told;
}

export interface IndexQuery {
  /** At least one; all of them must be found. */
  readonly words: readonly string[];
  readonly shopId: number | undefined;
  readonly limit: number;
}

/** One index. Changes come one after the other, those of one key in their order; any may come again. */
export interface SearchIndex {
  readonly position: Position;
  /** Of products. */
  readonly size: number;
  /** Done when searches find it. What it throws leaves the position as it was: the same changes come again. */
  apply(changes: readonly Change[], position: Position): Promise<void>;
  /** The newest first. */
  search(query: IndexQuery): Promise<readonly Document[]>;
}

/** Where indexes are: one that answers, and while it is rebuilt another one beside it. */
export interface SearchEngine {
  /** The index that answered last; null: there is none. */
  open(): Promise<SearchIndex | null>;
  /** An empty one, that answers nobody yet. */
  create(position: Position): Promise<SearchIndex>;
  /** From now on `next` answers, and is what `open` finds once it was saved; the one before is deleted. */
  swap(next: SearchIndex): Promise<void>;
  /** Deletes one that never answered. */
  drop(next: SearchIndex): Promise<void>;
  /** Keeps what was applied since the last time, where `apply` alone does not. */
  save(): Promise<void>;
  close(): Promise<void>;
}
