import { randomBytes } from 'node:crypto';
import mysql from 'mysql2/promise';
import type { Fault } from '../../../common/errors.ts';
import {
  applySchema,
  type CaptureKind,
  inspectMove,
  type MoveSpec,
  planSchema,
} from '../../../mover/index.ts';
import type { EngineLane } from '../databases.ts';
import type { DescribedSchema } from './describe.ts';

export interface Movable {
  readonly tables: number;
  /** Move together, in one feature, as they are. What ties them to a table that stays is severed. */
  readonly together: number;
  /** The same where tables that are refused for want of a key go by all columns. */
  readonly onRequest: number;
  /** The same as they are once the statements were run that the preflight tells of those that do not. */
  readonly afterItsStatements: number;
  /** Move alone, each a feature of its own, with its foreign keys severed. Null where that was not asked. */
  readonly alone: number | null;
  /** Codes by the table that stays at the end. */
  readonly stay: Readonly<Record<string, readonly string[]>>;
}

/** How many of a schema's tables can move, by the preflight of the tables that are really there. */
export async function countMovable(
  schema: DescribedSchema,
  lane: EngineLane,
  { alone, capture }: { readonly alone: boolean; readonly capture: CaptureKind },
): Promise<Movable> {
  await using source = await lane.createDatabase('a', 'shape');
  const legacy = await mysql.createConnection(endpointOf(source));
  try {
    for (const statement of schema.statements) await legacy.query(statement);
    const asItIs = await look(schema, lane, endpointOf(source), legacy, { alone, capture });
    const { refused } = asItIs;
    const keyless = [...refused].flatMap(([table, faults]) =>
      faults.every(({ code }) => code === 'BANYAN_TABLE_NO_KEY') ? [table] : [],
    );
    const asked =
      keyless.length === 0
        ? asItIs
        : await look(schema, lane, endpointOf(source), legacy, { alone: false, capture, keyless });
    const statements = [...refused.values()].flat().flatMap(statementsOf);
    for (const statement of statements) await legacy.query(statement);
    const then =
      statements.length === 0
        ? asItIs
        : await look(schema, lane, endpointOf(source), legacy, { alone: false, capture });
    return {
      tables: schema.tables.length,
      together: schema.tables.length - refused.size,
      onRequest: schema.tables.length - asked.refused.size,
      afterItsStatements: schema.tables.length - then.refused.size,
      alone: asItIs.alone,
      stay: Object.fromEntries(
        [...then.refused].map(([table, faults]) => [table, [...new Set(faults.map(({ code }) => code))]]),
      ),
    };
  } finally {
    await legacy.end();
  }
}

type Refused = Map<string, Fault[]>;

async function look(
  schema: DescribedSchema,
  lane: EngineLane,
  source: Endpoint,
  legacy: mysql.Connection,
  {
    alone,
    capture,
    keyless = [],
  }: { readonly alone: boolean; readonly capture: CaptureKind; readonly keyless?: readonly string[] },
): Promise<{ readonly refused: Refused; readonly alone: number | null }> {
  await using target = await lane.createDatabase('b', 'shape');
  const keys = await foreignKeys(legacy);
  const bookkeepingSchema = `bk_${randomBytes(5).toString('hex')}`;
  const spec = (tables: readonly string[]): MoveSpec => {
    const edge = keys.filter((key) => tables.includes(key.child) !== tables.includes(key.parent));
    const sever = edge.map((key) => `${key.child}.${key.column}`);
    return {
      id: `${bookkeepingSchema}:forward`,
      source,
      target: endpointOf(target),
      tables: tables.map((table) => (keyless.includes(table) ? { table, key: 'all columns' } : { table })),
      bookkeepingSchema,
      triggers: 'carry',
      ...{ capture, captureBack: capture },
      ...(sever.length > 0 && { sever: { side: 'source', keys: sever } }),
    };
  };
  const refused: Refused = new Map();
  const rest = () => schema.tables.filter((table) => !refused.has(table));
  const note = (faults: readonly Fault[]) => {
    for (const fault of faults) {
      const table = (fault.what.match(/[a-z0-9_]+/g) ?? []).find((name) => schema.tables.includes(name));
      // One that names no table is of all of them.
      for (const one of table === undefined ? rest() : [table]) {
        refused.set(one, [...(refused.get(one) ?? []), fault]);
      }
    }
  };
  note((await planSchema(spec(schema.tables))).faults);
  await applySchema(spec(rest()), await planSchema(spec(rest())));
  // A table that stays may keep others.
  for (let before = -1; before !== refused.size && rest().length > 0; ) {
    before = refused.size;
    note((await inspectMove(spec(rest()))).faults);
  }
  if (!alone) return { refused, alone: null };
  let count = 0;
  for (const table of schema.tables) {
    const { faults } = await inspectMove(spec([table]));
    if (faults.length === 0) count += 1;
  }
  return { refused, alone: count };
}

type Endpoint = MoveSpec['source'];

function endpointOf({ host, port, user, password, database }: Endpoint): Endpoint {
  return { host, port, user, password, database };
}

/** Those in a fault's fix. */
function statementsOf({ fix }: Fault): string[] {
  const begin = fix.search(/\b(ALTER TABLE|DROP TRIGGER) `/);
  if (begin < 0) return [];
  return fix
    .slice(begin)
    .split(/;\s*(?=CREATE TRIGGER)|;$/)
    .filter((statement) => statement.trim() !== '');
}

async function foreignKeys(
  connection: mysql.Connection,
): Promise<{ readonly child: string; readonly column: string; readonly parent: string }[]> {
  const [rows] = await connection.query<mysql.RowDataPacket[]>(
    `SELECT TABLE_NAME AS child, COLUMN_NAME AS col, REFERENCED_TABLE_NAME AS parent FROM information_schema.KEY_COLUMN_USAGE
      WHERE TABLE_SCHEMA = DATABASE() AND REFERENCED_TABLE_NAME IS NOT NULL`,
  );
  return rows.map(({ child, col, parent }) => ({ child, column: col, parent }));
}
