import type { Logger } from 'pino';
import type { SearchServiceConfig } from './config.ts';
import type { Document } from './document.ts';
import type { Indexer } from './indexer.ts';
import { badRequest, unavailable } from './refusals.ts';
import type { Position, SearchIndex } from './search-index.ts';
import { fold, searchWords } from './search-words.ts';
import { type Found, type Product, ProductStatus, type Query, type Status } from './thrift-types.ts';

const defaultLimit = 20;
const maxLimit = 100;

export interface SearchHandlersOptions {
  readonly indexer: Indexer;
  readonly config: SearchServiceConfig;
  readonly log: Logger;
  readonly clock: () => Date;
}

/** The methods of SearchService. Refusals are thrown as `Refusal`. */
export class SearchHandlers {
  readonly #options: SearchHandlersOptions;

  constructor(options: SearchHandlersOptions) {
    this.#options = options;
  }

  async search({ q = [], shopId, limit = defaultLimit }: Query): Promise<Found> {
    const words = searchWords(q.join(','));
    if (words.length === 0) throw badRequest('q must be at least one word.');
    if (limit < 1 || limit > maxLimit) throw badRequest(`limit must be from 1 to ${maxLimit}.`);
    const { indexer, config, log } = this.#options;
    const { index } = indexer;
    if (index === null) throw unavailable('The search is being prepared.');
    // Before it is searched: what is applied meanwhile makes the answer no older.
    const age = this.#age(index);
    const stale = age === null || age > config.staleAfterMs;
    if (stale && (age === null || config.whenStale === 'refuse')) {
      throw unavailable('The search is behind the shop.');
    }
    // A word of marks alone is in no text.
    if (words.some((word) => fold(word) === '')) return { products: [] };
    const asked = { words, shopId: shopId === undefined ? undefined : Number(shopId), limit: Number(limit) };
    try {
      const products = (await index.search(asked)).map(toProduct);
      return { products, ...(stale && { staleSeconds: Math.ceil(age! / 1_000) }) };
    } catch (error) {
      log.error({ err: error }, 'The index cannot be searched.');
      throw unavailable('The search does not answer.');
    }
  }

  status(): Status {
    const { indexer, config } = this.#options;
    const { index } = indexer;
    const { pending, rebuilding, rebuilt, rebuilds, trouble } = indexer.standing;
    const age = index === null ? null : this.#age(index);
    const stale = age === null || age > config.staleAfterMs;
    const why = trouble ?? (stale && pending === 0 && index !== null ? standsStill(index.position) : null);
    return {
      engine: config.engine.kind,
      serving: index !== null,
      products: index?.size ?? 0,
      ...(age !== null && {
        freshUntil: new Date(index!.position.freshUntil!).toISOString(),
        ageMs: age,
      }),
      staleAfterMs: config.staleAfterMs,
      stale,
      ...(pending !== null && { pending }),
      ...(index !== null && { position: index.position.seq }),
      rebuilding,
      rebuilt,
      rebuilds,
      ...(why !== null && { trouble: why }),
    };
  }

  rebuild(): Status {
    this.#options.indexer.rebuild();
    return this.status();
  }

  /** Milliseconds; null: nothing is known of it. */
  #age({ position }: SearchIndex): number | null {
    if (position.freshUntil === null) return null;
    return Math.max(0, this.#options.clock().getTime() - position.freshUntil);
  }
}

/** The broker has given out all that it has. */
function standsStill({ told }: Position): string {
  const last = Object.entries(told?.fresh ?? {}).map(
    ([table, until]) => `${table}: ${new Date(until).toISOString()}`,
  );
  const known = last.length === 0 ? 'never' : last.join(', ');
  return `no watermark comes (last: ${known}): the feed’s relay, its mover or a database stands still`;
}

function toProduct(document: Document): Product {
  return { ...document, status: ProductStatus.live };
}
