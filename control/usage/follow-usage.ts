import { BanyanError } from '../../common/errors.ts';
import { sideTables } from '../../mover/index.ts';
import type { BanyanConfig } from '../config/index.ts';
import { pastUsage } from './past-usage.ts';
import type { Access } from './touched-tables.ts';
import { watchUsage } from './watch-usage.ts';

/** One statement that reads or writes a feature's tables on legacy's server. */
export interface UsedBy {
  readonly tables: readonly string[];
  /** Without its values. */
  readonly statement: string;
  /** How often it was run, as the server counted, or seen; null: seen once or more. */
  readonly executions: number | null;
  /** null: it was running when it was looked for. */
  readonly lastSeenSecondsAgo: number | null;
  /** True for what banyan itself runs there. */
  readonly own: boolean;
  /** `user@host`, as far as it is known. */
  readonly accounts: readonly string[];
}

export interface FeatureUsage {
  readonly feature: string;
  readonly access: Access;
  readonly server: string;
  readonly tables: readonly string[];
  /** The time that it is of. */
  readonly withinSeconds: number;
  /** False: the server counts no statements, and only what ran in the moment of a look was seen. */
  readonly counted: boolean;
  /** The one that was run last first. */
  readonly entries: readonly UsedBy[];
  readonly unseen: readonly string[];
}

const withinSeconds = 600;
const watchedMs = 2_000;
/** Several people look at one page, and each page asks every few seconds. */
const keptMs = 4_000;

/** Who reads and writes features' tables now, for as long as somebody asks. Asks legacy's server no more often than every few seconds. */
export class UsageFollower {
  readonly #config: () => BanyanConfig;
  readonly #signal: AbortSignal;
  readonly #known = new Map<string, { readonly at: number; readonly usage: Promise<FeatureUsage> }>();

  constructor(config: () => BanyanConfig, signal: AbortSignal) {
    this.#config = config;
    this.#signal = signal;
  }

  look(feature: string, access: Access): Promise<FeatureUsage> {
    const key = `${access} ${feature}`;
    const known = this.#known.get(key);
    if (known !== undefined && performance.now() - known.at < keptMs) return known.usage;
    const usage = this.#ask(feature, access);
    this.#known.set(key, { at: performance.now(), usage });
    // What failed is asked again by the next one.
    usage.catch(() => this.#known.delete(key));
    return usage;
  }

  async #ask(feature: string, access: Access): Promise<FeatureUsage> {
    const config = this.#config();
    const { database } = config.legacy;
    const tables = sideTables(config.features[feature]!, 'source');
    const about = { feature, access, server: `${database.host}:${database.port}`, tables };
    if (tables.length === 0) return { ...about, withinSeconds, counted: true, entries: [], unseen: [] };
    try {
      const { entries, unseen } = await pastUsage(database, tables, { access, withinSeconds });
      const told = entries.map(({ firstSeenSecondsAgo: _, ...entry }) => entry);
      return { ...about, withinSeconds, counted: true, entries: told, unseen };
    } catch (error) {
      if (!(error instanceof BanyanError) || error.code !== 'BANYAN_USAGE_NOT_KEPT') throw error;
      const options = { access, forMs: watchedMs, signal: this.#signal };
      const { entries, unseen, seconds } = await watchUsage(database, tables, options);
      const told = entries.map(({ user, host, own, tables: touched, statement, executions }): UsedBy => {
        const accounts = user === null ? [] : [`${user}@${host}`];
        return { tables: touched, statement, executions, lastSeenSecondsAgo: null, own, accounts };
      });
      return { ...about, withinSeconds: seconds, counted: false, entries: told, unseen };
    }
  }
}
