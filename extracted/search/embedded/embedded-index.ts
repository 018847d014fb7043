import MiniSearch from 'minisearch';
import type { Change, Document, ShopState } from '../document.ts';
import type { IndexQuery, Position, SearchIndex } from '../search-index.ts';
import { fold, needleOf, searchText, type WordMatch } from '../search-words.ts';

export interface EmbeddedOptions {
  readonly match: WordMatch;
  readonly hideClosedShops: boolean;
}

interface Entry {
  readonly id: number;
  /** As `searchText` has it. */
  readonly text: string;
  readonly document: Document;
}

/**
 * An index in memory. MiniSearch holds pairs of characters and finds the products that have all pairs of the words, for Korean writes
 * words together and inflects them at their end; which of those have the pairs in their order the text itself tells.
 */
export class EmbeddedIndex implements SearchIndex {
  readonly #options: EmbeddedOptions;
  readonly #entries = new Map<number, Entry>();
  readonly #shops = new Map<number, ShopState>();
  readonly #pairs = new MiniSearch<Entry>({
    fields: ['text'],
    tokenize: pairsOfText,
    processTerm: (pair) => pair,
  });
  #position: Position;

  constructor(position: Position, options: EmbeddedOptions) {
    this.#position = position;
    this.#options = options;
  }

  get position(): Position {
    return this.#position;
  }

  get size(): number {
    return this.#entries.size;
  }

  apply(changes: readonly Change[], position: Position): Promise<void> {
    for (const change of changes) {
      if (change.kind === 'product') this.#put(change.id, change.document);
      else if (change.state === null) this.#shops.delete(change.id);
      else this.#shops.set(change.id, change.state);
    }
    this.#position = position;
    return Promise.resolve();
  }

  search({ words, shopId, limit }: IndexQuery): Promise<readonly Document[]> {
    const needles = words.map((word) => needleOf(word, this.#options.match));
    const fits = ({ text, document }: Entry) =>
      needles.every((needle) => text.includes(needle)) &&
      (shopId === undefined || document.shopId === shopId) &&
      this.#isShown(document.shopId);
    const found = this.#candidates(words).filter(fits);
    found.sort((a, b) => b.id - a.id);
    return Promise.resolve(found.slice(0, limit).map(({ document }) => document));
  }

  /** All that is in it, as changes that make an equal one. */
  *contents(): Generator<Change> {
    for (const [id, state] of this.#shops) yield { kind: 'shop', id, state };
    for (const { id, document } of this.#entries.values()) yield { kind: 'product', id, document };
  }

  /** Those with all pairs of the words. One character is no pair: then it is all of them. */
  #candidates(words: readonly string[]): Entry[] {
    const pairs = new Set(words.flatMap((word) => pairsOfWord(fold(word))));
    if (pairs.size === 0) return [...this.#entries.values()];
    const found = this.#pairs.search('', { tokenize: () => [...pairs], combineWith: 'AND' });
    return found.map(({ id }) => this.#entries.get(id)!);
  }

  #put(id: number, document: Document | null): void {
    if (this.#entries.delete(id)) this.#pairs.discard(id);
    if (document === null) return;
    const entry = { id, text: searchText(document.name, document.description), document };
    this.#entries.set(id, entry);
    this.#pairs.add(entry);
  }

  #isShown(shop: number): boolean {
    if (!this.#options.hideClosedShops) return true;
    const state = this.#shops.get(shop);
    return state !== undefined && state !== 'closed';
  }
}

function pairsOfText(text: string): string[] {
  const pairs = new Set<string>();
  for (const word of text.split(' ')) {
    const characters = [...word];
    for (let at = 0; at + 1 < characters.length; at += 1) pairs.add(characters[at]! + characters[at + 1]!);
  }
  return [...pairs];
}

/** Pairs that cover a word without overlapping: half of them narrow it down as well, and each costs a look-up. */
function pairsOfWord(word: string): string[] {
  const characters = [...word];
  if (characters.length < 2) return [];
  const starts = Array.from({ length: Math.floor(characters.length / 2) }, (_, n) => n * 2);
  if (characters.length % 2 === 1) starts.push(characters.length - 2);
  return starts.map((at) => characters[at]! + characters[at + 1]!);
}
