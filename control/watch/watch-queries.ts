import type { Knex } from 'knex';
import { destination, type Logger, pino } from 'pino';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { isFenceRefusal } from '../../common/fence-refusal.ts';
import { connectState } from '../store/connect-state.ts';
import { lookedAt } from '../usage/statement-source.ts';
import { type Access, touchedTables } from '../usage/touched-tables.ts';
import { withoutValues } from '../usage/without-values.ts';
import { callerNow } from './caller.ts';
import { explainFencedWrite } from './fenced-write.ts';
import { reportCallers } from './report-callers.ts';
import { SeenCallers } from './seen-callers.ts';

export interface WatchQueriesOptions {
  /** The monolith's database, as the config names it. */
  readonly database: string;
  /** The tables that move, or may. */
  readonly tables: readonly string[];
  /** Banyan's schema on the state store's server. null: nothing is reported, only the fence's errors are explained. */
  readonly state: DatabaseEndpoint | null;
  /** Tells this program from others with the same database. Default `monolith`. */
  readonly app?: string;
  /** The share of statements that is looked at, 0 to 1. Default 1. */
  readonly sample?: number;
  /** Between two reports, milliseconds. Default 10,000. */
  readonly everyMs?: number;
  /** Callers with tables that are kept between two reports. Default 500; more are counted as `(others)`. */
  readonly maxCallers?: number;
  /** Default: warnings, to stderr. */
  readonly logger?: Logger;
}

export interface QueryWatch {
  /** Reports now. Never rejects: what cannot be reported is kept for the next time, and the log says so. */
  report(): Promise<void>;
  /** Reports for the last time, and looks no more. */
  close(): Promise<void>;
}

/** Distinct texts that are remembered, by what they touch: with values in them there is no end of them. */
const rememberedTexts = 1_000;
/** Longer texts, in characters, are looked at each time: what is run again and again is shorter, and those that bring rows along differ. */
const rememberedLength = 4_096;

interface LookedAt {
  readonly touched: ReadonlyMap<string, Access>;
  /** Without its values; empty where it touches none of the tables. */
  readonly statement: string;
}

/**
 * A plug-in for knex (with mysql2) that finds the callers of tables that are to move: each statement on one of them counts for the route or job
 * that made it (`nameCallers`, `runAs`), and the counts go to the state store, where `banyan writers` and `banyan readers` show them. After a
 * cutover the fence's error says which caller wrote to which table, and what to do: `BANYAN_WRITE_FENCED`.
 */
export function watchQueries(knex: Knex, options: WatchQueriesOptions): QueryWatch {
  const { database, tables, app = 'monolith', sample = 1, everyMs = 10_000, maxCallers = 500 } = options;
  const logger = options.logger ?? pino({ level: 'warn' }, destination(2));
  const seen = new SeenCallers(maxCallers);
  const state = options.state === null ? null : connectState(options.state);
  const texts = new Map<string, LookedAt>();
  const look = (sql: string): LookedAt => {
    const known = texts.get(sql);
    if (known !== undefined) return known;
    const beginning = sql.slice(0, lookedAt);
    const touched = touchedTables(beginning, database, { database, tables });
    const found = { touched, statement: touched.size === 0 ? '' : withoutValues(beginning) };
    if (sql.length > rememberedLength) return found;
    if (texts.size >= rememberedTexts) texts.clear();
    texts.set(sql, found);
    return found;
  };

  const onQuery = ({ sql }: { sql?: string }) => {
    if (sql === undefined || (sample < 1 && Math.random() >= sample)) return;
    const { touched, statement } = look(sql);
    for (const [table, access] of touched) seen.note({ table, access, caller: callerNow(), statement });
  };
  const onError = (error: Error, { sql = '' }: { sql?: string }) => {
    if (!isFenceRefusal(error)) return;
    const written = [...look(sql).touched].flatMap(([table, access]) => (access === 'write' ? [table] : []));
    explainFencedWrite(error, { caller: callerNow(), tables: written, database });
  };
  knex.on('query', onQuery).on('query-error', onError);

  let reporting: Promise<void> = Promise.resolve();
  let isFailing = false;
  const report = (): Promise<void> => {
    reporting = reporting.then(async () => {
      if (state === null) return;
      const taken = seen.take();
      try {
        await reportCallers(state, { app, database }, taken);
        isFailing = false;
      } catch (error) {
        seen.putBack(taken);
        if (!isFailing) logger.warn({ error: (error as Error).message }, 'callers could not be reported');
        isFailing = true;
      }
    });
    return reporting;
  };
  const timer = setInterval(() => void report(), everyMs);
  timer.unref();
  return {
    report,
    async close() {
      clearInterval(timer);
      knex.removeListener('query', onQuery).removeListener('query-error', onError);
      await report();
      await state?.destroy();
    },
  };
}
