import { randomBytes } from 'node:crypto';
import type { Client } from '@elastic/elasticsearch';
import type { Position, SearchEngine, SearchIndex } from '../search-index.ts';
import { ElasticIndex, type ElasticOptions, mappings, type Source } from './elastic-index.ts';

export interface ElasticEngineOptions extends ElasticOptions {
  /** `https://search1:9200` */
  readonly node: string;
  readonly apiKey: string | undefined;
  /** The alias that searches use; indexes are called by it, with a time and a number behind. */
  readonly alias: string;
}

/** Indexes in Elasticsearch. One alias leads to the one that answers and is set to another one in one step. */
export class ElasticEngine implements SearchEngine {
  readonly #client: Client;
  readonly #options: ElasticEngineOptions;

  private constructor(client: Client, options: ElasticEngineOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Loads the client, which an embedded index does without. @throws Error when it is not installed */
  static async load(options: ElasticEngineOptions): Promise<ElasticEngine> {
    const { Client } = await import('@elastic/elasticsearch').catch((error: unknown) => {
      throw new Error(`@elastic/elasticsearch is not there: npm install @elastic/elasticsearch@9 (${error})`);
    });
    const { node, apiKey } = options;
    // The indexer tries again by itself, and says meanwhile what is wrong: the client would be silent for seconds.
    const client = new Client({ node, ...(apiKey !== undefined && { auth: { apiKey } }), maxRetries: 0 });
    return new ElasticEngine(client, options);
  }

  async open(): Promise<SearchIndex | null> {
    const { alias } = this.#options;
    if (!(await this.#client.indices.existsAlias({ name: alias }))) return null;
    const { _source } = await this.#client.get<Source>({ index: alias, id: 'position' });
    if (_source?.position === undefined) return null;
    const index = new ElasticIndex(this.#client, alias, true, _source.position, this.#options);
    await index.refreshFigures();
    return index;
  }

  async create(position: Position): Promise<SearchIndex> {
    const time = new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14);
    const name = `${this.#options.alias}-${time}-${randomBytes(3).toString('hex')}`;
    await this.#client.indices.create({ index: name, mappings });
    return new ElasticIndex(this.#client, name, false, position, this.#options);
  }

  async swap(next: SearchIndex): Promise<void> {
    const { alias } = this.#options;
    const index = next as ElasticIndex;
    const before = (await this.#client.indices.existsAlias({ name: alias }))
      ? Object.keys(await this.#client.indices.getAlias({ name: alias }))
      : [];
    // Also when nothing was applied: `open` looks for it.
    await index.apply([], index.position);
    await this.#client.indices.updateAliases({
      actions: [
        ...before.map((old) => ({ remove_index: { index: old } })),
        { add: { index: index.name, alias, is_write_index: true } },
      ],
    });
    index.answersAs(alias);
  }

  async drop(next: SearchIndex): Promise<void> {
    const { name } = next as ElasticIndex;
    if (name !== this.#options.alias) {
      await this.#client.indices.delete({ index: name, ignore_unavailable: true });
    }
  }

  /** What is applied is there. */
  save(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}
