import { connectTo } from '../../common/connect-database.ts';
import { isConnectionRefused, whyNoConnection } from '../../common/connection-refused.ts';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';
import { pause } from '../../common/pause.ts';
import { within } from '../../common/within.ts';
import { type AskedSide, askSide } from '../conductor/ask-side.ts';
import type { BanyanConfig } from '../config/index.ts';

export interface HealthWatchOptions {
  /** That is in force at this time. */
  readonly config: () => BanyanConfig;
  /** Aborts when control ends. */
  readonly signal: AbortSignal;
  /** Between the end of one round of questions and the next, and how long an answer may take, milliseconds. */
  readonly everyMs?: number;
  readonly withinMs?: number;
}

/** Why there was no answer when it was asked last. */
export interface Silence {
  readonly why: string;
  /** Whether nobody listened: that is over as soon as somebody does. */
  readonly nobodyListens: boolean;
}

/**
 * Whether sides and databases answer, by a question to each of them every few seconds, whoever and however many want to know: a process that
 * was stopped, or hangs, still accepts connections for a long time. What several features name is asked once. A Lambda function has no process
 * that could hang.
 * The questions under way when the signal aborts end by themselves, at the latest with their time.
 */
export class HealthWatch {
  readonly #options: Required<HealthWatchOptions>;
  /** By what is asked: the address of each side that does not answer, with the reason; of a database the reason alone. */
  #silent: ReadonlyMap<string, ReadonlyMap<string, Silence>> = new Map();

  constructor({ everyMs = 3_000, withinMs = 3_000, ...options }: HealthWatchOptions) {
    this.#options = { everyMs, withinMs, ...options };
    void this.#watch();
  }

  /** Why this address of the side does not answer; null: it does, or nobody has asked yet. */
  silenceOf(side: AskedSide, address: string): Silence | null {
    return this.#silent.get(keyOf(side))?.get(address) ?? null;
  }

  /** The same of a database: the reason says what the server, or the network, said. */
  silenceOfDatabase(endpoint: DatabaseEndpoint): string | null {
    return this.#silent.get(keyOf(endpoint))?.get('')?.why ?? null;
  }

  async #watch(): Promise<void> {
    const { config, signal, everyMs } = this.#options;
    while (!signal.aborted) {
      await this.#ask(config());
      await pause(everyMs, signal, { ref: false });
    }
  }

  /** Each is told as soon as it is known: one that hangs keeps no other one's answer back. */
  async #ask({ legacy, features, databases }: BanyanConfig): Promise<void> {
    const { database: _, ...monolith } = legacy;
    const sides: readonly AskedSide[] = [
      { kind: 'http', ...monolith },
      ...Object.values(features).map(({ service }) => service),
    ];
    const asked = new Map<string, Promise<ReadonlyMap<string, Silence>>>();
    for (const side of sides) {
      const key = keyOf(side);
      if (side.kind !== 'lambda' && !asked.has(key)) asked.set(key, this.#askSide(side));
    }
    for (const endpoint of Object.values(databases)) {
      const key = keyOf(endpoint);
      if (!asked.has(key)) asked.set(key, this.#askDatabase(endpoint));
    }
    this.#silent = new Map([...this.#silent].filter(([key]) => asked.has(key)));
    await Promise.all(
      [...asked].map(async ([key, answer]) => {
        const silent = await answer;
        this.#silent = new Map([...this.#silent, [key, silent]]);
      }),
    );
  }

  async #askSide(side: Exclude<AskedSide, { kind: 'lambda' }>): Promise<ReadonlyMap<string, Silence>> {
    try {
      const reached = await askSide(side, this.#options.withinMs, { light: true });
      return new Map(
        reached.flatMap(({ address, refused: why, nobodyListens }) =>
          why === null ? [] : [[address, { why, nobodyListens }]],
        ),
      );
    } catch (error) {
      // It could not be asked at all: its certificates cannot be read.
      const silence = { why: (error as Error).message, nobodyListens: false };
      return new Map(side.addresses.map((address) => [address, silence]));
    }
  }

  async #askDatabase(endpoint: DatabaseEndpoint): Promise<ReadonlyMap<string, Silence>> {
    const { withinMs } = this.#options;
    const connecting = connectTo(endpoint, withinMs);
    try {
      await within(
        withinMs,
        connecting.then((connection) => connection.query('SELECT 1')),
      );
      return new Map();
    } catch (error) {
      const why = reasonOf(error as NodeJS.ErrnoException, withinMs);
      return new Map([['', { why, nobodyListens: isConnectionRefused(error) }]]);
    } finally {
      void connecting.then(
        (connection) => connection.destroy(),
        () => undefined,
      );
    }
  }
}

function reasonOf(error: NodeJS.ErrnoException, withinMs: number): string {
  return error.code === 'ETIMEDOUT' ? `no answer within ${withinMs} ms` : whyNoConnection(error);
}

/** What is asked in the same way of the same place is one question. */
function keyOf(asked: AskedSide | DatabaseEndpoint): string {
  return JSON.stringify(asked);
}
