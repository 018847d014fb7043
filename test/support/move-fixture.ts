import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import type { StopPoints } from '../../common/stop-points.ts';
import {
  type CaptureKind,
  claimEpoch,
  inverseTable,
  type Move,
  type MoveSpec,
  type MoveTuning,
  moverPrivileges,
  openMove,
  sideTables,
  type TableSpec,
} from '../../mover/index.ts';
import { createAccount, type TestAccount } from './accounts.ts';
import type { EngineLane, TestDatabase } from './databases.ts';
import { testedCapture } from './tested-capture.ts';

export interface MoveFixtureOptions {
  /** Statements that make the tables, run on both sides. */
  readonly schema: readonly string[];
  /** Where the target's differ. */
  readonly targetSchema?: readonly string[];
  readonly tables: readonly (string | TableSpec)[];
  readonly targetLane?: EngineLane;
  /** Both move in and out of it; each fixture has its own. */
  readonly bookkeepingSchema?: string;
  /** On both sides; what BANYAN_TEST_CAPTURE says unless given, so that any test of moves can be run with either. */
  readonly capture?: CaptureKind;
  /** Foreign keys of the source that may cross the edge of the tables. */
  readonly sever?: readonly string[];
  /** The target is the service, whose rows a feed tells. */
  readonly feed?: boolean;
}

/**
 * Two databases on two servers, their tables, and an application's connection to each. The move works on accounts that may do
 * what `banyan grants` grants, and nothing else.
 */
export class MoveFixture implements AsyncDisposable {
  readonly spec: MoveSpec;
  readonly source: mysql.Connection;
  readonly target: mysql.Connection;
  readonly #databases: readonly TestDatabase[];
  readonly #accounts: readonly TestAccount[];
  readonly #connections: mysql.Connection[] = [];
  readonly #moves: Move[] = [];

  private constructor(
    spec: MoveSpec,
    databases: readonly TestDatabase[],
    accounts: readonly TestAccount[],
    source: mysql.Connection,
    target: mysql.Connection,
  ) {
    this.spec = spec;
    this.#databases = databases;
    this.#accounts = accounts;
    this.source = source;
    this.target = target;
    this.#connections.push(source, target);
  }

  static async create(lane: EngineLane, options: MoveFixtureOptions): Promise<MoveFixture> {
    const capture = options.capture ?? testedCapture();
    const source = await lane.createDatabase('a');
    const target = await (options.targetLane ?? lane).createDatabase('b');
    const bookkeepingSchema = options.bookkeepingSchema ?? `bk_${randomBytes(5).toString('hex')}`;
    const specs = options.tables.map((table) => (typeof table === 'string' ? { table } : table));
    const account = (side: TestDatabase, engine: EngineLane['engine']) =>
      createAccount(
        side,
        moverPrivileges({
          ...{ engine, database: side.database, bookkeepingSchema },
          tables: sideTables({ tables: specs }, side === target ? 'target' : 'source'),
          makesTables: side === target,
          capture,
        }),
      );
    const application = [await connect(endpoint(source)), await connect(endpoint(target))] as const;
    for (const statement of options.schema) await application[0].query(statement);
    for (const statement of options.targetSchema ?? options.schema) await application[1].query(statement);
    const accounts = [
      await account(source, lane.engine),
      await account(target, (options.targetLane ?? lane).engine),
    ] as const;
    const spec: MoveSpec = {
      id: `test_${randomBytes(4).toString('hex')}:forward`,
      source: accounts[0].endpoint(source.database),
      target: accounts[1].endpoint(target.database),
      tables: specs,
      bookkeepingSchema,
      ...{ capture, captureBack: capture },
      ...(options.sever && { sever: { side: 'source', keys: options.sever } }),
      ...(options.feed && { feed: { service: 'target' } }),
    };
    return new MoveFixture(spec, [source, target], accounts, ...application);
  }

  get reverse(): MoveSpec {
    const { id, source, target, tables, sever, ...rest } = this.spec;
    return {
      ...rest,
      ...(sever && { sever: { ...sever, side: 'target' } }),
      ...(rest.feed && { feed: { service: 'source' } }),
      id: id.replace(':forward', ':reverse'),
      source: target,
      target: source,
      tables: tables.map(inverseTable),
    };
  }

  async open(
    options: { points?: StopPoints; tuning?: Partial<MoveTuning>; spec?: MoveSpec; epoch?: number } = {},
  ): Promise<Move> {
    const spec = options.spec ?? this.spec;
    const epoch = options.epoch ?? (await claimEpoch(spec));
    const move = await openMove(spec, {
      epoch,
      ...(options.points ? { points: options.points } : {}),
      ...(options.tuning ? { tuning: options.tuning } : {}),
    });
    this.#moves.push(move);
    return move;
  }

  /** Another connection of the application. */
  async connect(side: 'source' | 'target'): Promise<mysql.Connection> {
    const connection = await connect(endpoint(this.#databases[side === 'source' ? 0 : 1] as TestDatabase));
    this.#connections.push(connection);
    return connection;
  }

  /** Every row of a table on both sides as the servers print it, in the order of `order`. */
  async bothSides(table: string, order = 'id'): Promise<{ source: unknown; target: unknown }> {
    const read = async (connection: mysql.Connection) => {
      const [rows] = await connection.query({
        sql: `SELECT * FROM ?? ORDER BY ${order}`,
        values: [table],
        rowsAsArray: true,
        typeCast: false,
      });
      return (rows as unknown as (Buffer | null)[][]).map((row) =>
        row.map((value) => value?.toString('latin1') ?? null),
      );
    };
    return { source: await read(this.source), target: await read(this.target) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const move of this.#moves) await move.close();
    for (const connection of this.#connections) connection.destroy();
    for (const database of this.#databases) {
      const connection = await mysql.createConnection({ ...endpoint(database), database: '' });
      await connection.query('DROP DATABASE IF EXISTS ??', [this.spec.bookkeepingSchema]);
      await connection.end();
      await database[Symbol.asyncDispose]();
    }
    for (const account of this.#accounts) await account[Symbol.asyncDispose]();
  }
}

function endpoint(database: TestDatabase) {
  const { host, port, user, password, database: name } = database;
  return { host, port, user, password, database: name };
}

async function connect(to: MoveSpec['source']): Promise<mysql.Connection> {
  const connection = await mysql.createConnection({ ...to, charset: 'utf8mb4', timezone: 'Z' });
  // A test may let the server cut a connection; what it runs next then fails by itself.
  connection.on('error', () => undefined);
  return connection;
}

/** Stop points of a test: what is to happen when a named point is reached. */
export class TestPoints implements StopPoints {
  readonly #actions = new Map<string, (about: Readonly<Record<string, unknown>>) => void | Promise<void>>();
  readonly reached: string[] = [];

  /** Runs `action` at the point; the mover waits for it. */
  at(point: string, action: (about: Readonly<Record<string, unknown>>) => void | Promise<void>): this {
    this.#actions.set(point, action);
    return this;
  }

  /** Once only: later arrivals pass. */
  once(point: string, action: () => void | Promise<void>): this {
    return this.at(point, () => {
      this.#actions.delete(point);
      return action();
    });
  }

  async reach(point: string, about: Readonly<Record<string, unknown>> = {}): Promise<void> {
    this.reached.push(point);
    await this.#actions.get(point)?.(about);
  }
}
