import type { Client, estypes } from '@elastic/elasticsearch';
import type { Change, Document, ShopState } from '../document.ts';
import type { IndexQuery, Position, SearchIndex } from '../search-index.ts';
import { needleOf, searchText, type WordMatch } from '../search-words.ts';

export interface ElasticOptions {
  readonly match: WordMatch;
  readonly hideClosedShops: boolean;
}

/** What an index holds: a product, a shop's state, and how far it has come (`_id` "position"). */
export interface Source {
  readonly kind: 'product' | 'shop' | 'position';
  readonly id?: number;
  readonly shopId?: number;
  readonly text?: string;
  readonly document?: Document;
  readonly state?: ShopState;
  readonly position?: Position;
}

/** The fields that are searched; the others are only kept. `wildcard` finds any part of a text, in any language, by pieces of three characters. */
export const mappings = {
  dynamic: false,
  properties: {
    kind: { type: 'keyword' },
    id: { type: 'long' },
    shopId: { type: 'long' },
    text: { type: 'wildcard' },
    state: { type: 'keyword' },
  },
} as const satisfies estypes.MappingTypeMapping;

/** Somebody waits for a search: it is tried on another connection, at once and once. */
const waits = { requestTimeout: 2_000, maxRetries: 1, retryBackoff: () => 0 };
/** Idle, a position is written this often: it only says how fresh the index is. */
const writePositionMs = 10_000;
/** As many values as `terms` takes (`index.max_terms_count`). */
const maxTerms = 65_536;

/**
 * One index of Elasticsearch. Each document has the sequence of its change as its external version, so that a change that comes again, or
 * that another process has already brought, changes nothing.
 */
export class ElasticIndex implements SearchIndex {
  readonly #client: Client;
  readonly #options: ElasticOptions;
  /** Its own name until it answers, then the alias. */
  #target: string;
  #alias: boolean;
  #position: Position;
  #size = 0;
  #writtenAt = 0;
  #shownShops: readonly number[] = [];

  constructor(client: Client, target: string, alias: boolean, position: Position, options: ElasticOptions) {
    this.#client = client;
    this.#target = target;
    this.#alias = alias;
    this.#position = position;
    this.#options = options;
  }

  get name(): string {
    return this.#target;
  }

  get position(): Position {
    return this.#position;
  }

  get size(): number {
    return this.#size;
  }

  /** From now on it is spoken to by the alias, which leads to it. */
  answersAs(alias: string): void {
    this.#target = alias;
    this.#alias = true;
  }

  async apply(changes: readonly Change[], position: Position): Promise<void> {
    if (changes.length > 0) await this.#write(changes, position.seq);
    const now = Date.now();
    if (changes.length > 0 || now - this.#writtenAt > writePositionMs) {
      await this.#client.index<Source>({
        index: this.#target,
        id: 'position',
        require_alias: this.#alias,
        document: { kind: 'position', position },
      });
      this.#writtenAt = now;
      await this.refreshFigures();
    }
    this.#position = position;
  }

  async search({ words, shopId, limit }: IndexQuery): Promise<readonly Document[]> {
    const { match, hideClosedShops } = this.#options;
    const filter: estypes.QueryDslQueryContainer[] = [
      { term: { kind: 'product' } },
      ...words.map((word) => ({ wildcard: { text: { value: `*${needleOf(word, match)}*` } } })),
    ];
    if (shopId !== undefined) filter.push({ term: { shopId } });
    if (hideClosedShops) filter.push({ terms: { shopId: [...this.#shownShops] } });
    const { hits } = await this.#client.search<Source>(
      {
        index: this.#target,
        query: { bool: { filter } },
        sort: [{ id: 'desc' }],
        size: limit,
        _source: ['document'],
        track_total_hits: false,
      },
      waits,
    );
    return hits.hits.map(({ _source }) => _source!.document!);
  }

  /** How many products there are, and which shops are shown. */
  async refreshFigures(): Promise<void> {
    const { count } = await this.#client.count({
      index: this.#target,
      query: { term: { kind: 'product' } },
    });
    this.#size = count;
    if (!this.#options.hideClosedShops) return;
    const shown = await this.#client.search<Source>({
      index: this.#target,
      query: {
        bool: { filter: [{ term: { kind: 'shop' } }], must_not: [{ term: { state: 'closed' } }] },
      },
      size: 10_000,
      _source: ['id'],
    });
    const ids = shown.hits.hits.map(({ _source }) => _source!.id!);
    if (ids.length === 10_000) {
      throw new Error(
        `More than 10000 shops are open: closed ones cannot be hidden (index.max_result_window; terms take ${maxTerms}).`,
      );
    }
    this.#shownShops = ids;
  }

  async #write(changes: readonly Change[], seq: number): Promise<void> {
    // A later change of one key replaces an earlier one of the same batch: both would have one version.
    const last = new Map(changes.map((change) => [`${change.kind}-${change.id}`, change]));
    const { items } = await this.#client.bulk<Source>({
      index: this.#target,
      require_alias: this.#alias,
      // Answered when searches find it.
      refresh: 'wait_for',
      operations: [...last].flatMap(([_id, change]) => operationsOf(_id, seq, sourceOf(change))),
    });
    const failed = items
      .flatMap((item) => Object.values(item))
      // 409: that version, or a later one, is there. 404: deleted what was not there.
      .find(({ status }) => status >= 300 && status !== 409 && status !== 404);
    if (failed !== undefined) {
      throw new Error(`Elasticsearch did not take ${failed._id}: ${failed.error?.reason ?? failed.status}`);
    }
  }
}

function operationsOf(_id: string, version: number, source: Source | null) {
  const action: estypes.BulkWriteOperation = { _id, version, version_type: 'external' };
  const operations: (estypes.BulkOperationContainer | Source)[] =
    source === null ? [{ delete: action }] : [{ index: action }, source];
  return operations;
}

function sourceOf(change: Change): Source | null {
  const { kind, id } = change;
  if (kind === 'shop') return change.state === null ? null : { kind, id, state: change.state };
  const { document } = change;
  if (document === null) return null;
  const text = searchText(document.name, document.description);
  return { kind, id, shopId: document.shopId, text, document };
}
