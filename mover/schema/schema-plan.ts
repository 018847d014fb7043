import type { Fault } from '../../common/errors.ts';
import { BanyanError } from '../../common/errors.ts';
import { type MoveSpec, targetTable } from '../move-spec.ts';
import { carryTriggers } from '../own-triggers/carry-triggers.ts';
import { isMapped } from '../plan/map-columns.ts';
import { chooseKey } from '../shape/choose-key.ts';
import { readForeignKeys } from '../shape/foreign-key.ts';
import { readTableShape } from '../shape/read-table-shape.ts';
import { derivedName, quoteTable } from '../sql/names.ts';
import { type EngineKind, Session } from '../sql/session.ts';
import { orderByForeignKeys } from './order-by-foreign-keys.ts';
import { printForeignKey, printTable } from './print-table.ts';
import { proposeKey } from './propose-key.ts';
import { readTableDefinition } from './read-table-definition.ts';
import { sequenceStatement, sequencesOf } from './sequences.ts';
import { type SeveredKey, severedKeys } from './severed-keys.ts';
import type { ForeignKeyDefinition, TableDefinition } from './table-definition.ts';
import { translateTable } from './translate-table.ts';
import { withoutHistory } from './without-history.ts';

export interface SchemaStatement {
  /** The table or sequence that it makes or changes. */
  readonly about: string;
  readonly sql: string;
}

/** What it takes to make a feature's tables on the target's server. */
export interface SchemaPlan {
  readonly from: EngineKind;
  readonly to: EngineKind;
  /** In an order that works. None where a fault stands in the way. */
  readonly statements: readonly SchemaStatement[];
  /** What cannot be carried over exactly, all at once. */
  readonly faults: readonly Fault[];
  /** What the statements leave out or write in another way. */
  readonly notes: readonly Fault[];
  readonly severed: readonly SeveredKey[];
}

/**
 * What statements that make or use these tables expect of a session: no mode reads a backslash or a zero date in another way.
 */
export const schemaSettings =
  "SET NAMES utf8mb4, SESSION sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'";

/**
 * Reads the source's tables and translates them for the target's server. Changes nothing.
 *
 * @throws BanyanError BANYAN_DATABASE_REFUSED, BANYAN_SCHEMA_UNREADABLE
 */
export async function planSchema(spec: MoveSpec): Promise<SchemaPlan> {
  const source = await open(spec.source);
  const target = await open(spec.target).catch((error) => {
    source.close();
    throw error;
  });
  try {
    return await plan(spec, source, target);
  } finally {
    source.close();
    target.close();
  }
}

async function open(endpoint: MoveSpec['source']): Promise<Session> {
  try {
    return await Session.open({ endpoint, lockWaitSeconds: 5 });
  } catch (error) {
    throw new BanyanError(
      'BANYAN_DATABASE_REFUSED',
      `the database at ${endpoint.host}:${endpoint.port} does not let ${endpoint.user} work: ${error instanceof Error ? error.message : error}`,
      {
        fix: 'Check host, port, user, password and privileges of this database in banyan.config.ts.',
        cause: error,
      },
    );
  }
}

async function plan(spec: MoveSpec, source: Session, target: Session): Promise<SchemaPlan> {
  const names = spec.tables.filter((table) => !isMapped(table)).map(({ table }) => table);
  const { database } = spec.source;
  const faults: Fault[] = [];
  const notes: Fault[] = spec.tables.filter(isMapped).map((table) => ({
    code: 'BANYAN_SCHEMA_MAPPED',
    what: `${targetTable(table)} is filled from ${table.table} by a mapping, so it is another table than that`,
    fix: 'Make it in a migration of the service.',
  }));
  const sources: TableDefinition[] = [];
  for (const name of names) {
    const found = await readTableDefinition(source, database, name);
    const definition = found === null || spec.versioned !== 'current' ? found : withoutHistory(found);
    if (found?.versioned && spec.versioned === 'current') {
      notes.push({
        code: 'BANYAN_SCHEMA_ADAPTED',
        what: `${name} is system-versioned: the service gets its current rows, in a table without a history`,
        fix: 'Nothing: what was before stays on legacy. To go on with a history there, ALTER TABLE … ADD SYSTEM VERSIONING on the service.',
      });
    }
    if (definition === null) {
      faults.push({
        code: 'BANYAN_TABLE_MISSING',
        what: `there is no table ${name} in ${database} at ${spec.source.host}:${spec.source.port}`,
        fix: 'Correct the name in banyan.config.ts; views and sequences are no tables.',
      });
    } else {
      sources.push(definition);
      const shape = await readTableShape(source, database, name);
      const goesByAll = spec.tables.some((one) => one.table === name && one.key !== undefined);
      if (shape && !goesByAll && chooseKey(shape) === null) {
        faults.push({
          code: 'BANYAN_TABLE_NO_KEY',
          what: `${database}.${name} has no key that a move can go by; on request it moves without: \`key: 'all columns'\` of the table in banyan.config.ts`,
          fix: proposeKey(definition),
        });
      }
    }
  }
  const translated = sources.map((one) =>
    translateTable(one, { engine: target.engine, database: spec.target.database }),
  );
  for (const { translation } of translated) {
    faults.push(...translation.faults);
    notes.push(...translation.notes);
  }
  const inside = translated.map(({ table }) => withinSet(table, database, names));
  faults.push(...parentFaults(inside, source.engine));
  const carried =
    spec.triggers === 'carry'
      ? await carryTriggers(source, database, spec.target.database, names)
      : { statements: [], notes: [] };
  notes.push(...carried.notes);
  const sequences = await sequenceStatements(spec, source, target, sources, notes);
  return {
    from: source.engine,
    to: target.engine,
    statements:
      faults.length > 0 ? [] : [...sequences, ...tableStatements(uniqueNames(inside)), ...carried.statements],
    faults,
    notes,
    severed: severedKeys(await readForeignKeys(source, database), database, names),
  };
}

/** Only the foreign keys whose parents move too. */
function withinSet(table: TableDefinition, database: string, names: readonly string[]): TableDefinition {
  const stays = (key: ForeignKeyDefinition) =>
    (key.parentDatabase ?? database) !== database || !names.includes(key.parent);
  return { ...table, foreignKeys: table.foreignKeys.filter((key) => !stays(key)) };
}

/** MySQL refuses a foreign key to columns that are not the whole of a unique key (restrict_fk_on_non_standard_key). */
function parentFaults(tables: readonly TableDefinition[], from: EngineKind): Fault[] {
  return tables.flatMap((table) =>
    table.foreignKeys.flatMap((key) => {
      const parent = tables.find((one) => one.table === key.parent);
      const unique = parent?.indexes.some(
        (index) =>
          (index.kind === 'primary' || index.kind === 'unique') &&
          index.parts.map((part) => part.column).join('\0') === key.parentColumns.join('\0'),
      );
      if (table.engine !== 'mysql' || from === 'mysql' || unique) return [];
      return [
        {
          code: 'BANYAN_SCHEMA_UNTRANSLATABLE',
          what: `${table.table}: foreign key ${key.name} refers to (${key.parentColumns.join(', ')}) of ${key.parent}, which is no unique key; MySQL refuses that`,
          fix: `ALTER TABLE ${key.parent} ADD UNIQUE (${key.parentColumns.join(', ')}), or drop the foreign key.`,
        },
      ];
    }),
  );
}

async function sequenceStatements(
  spec: MoveSpec,
  source: Session,
  target: Session,
  tables: readonly TableDefinition[],
  notes: Fault[],
): Promise<SchemaStatement[]> {
  if (source.engine !== 'mariadb' || target.engine !== 'mariadb') return [];
  const statements: SchemaStatement[] = [];
  for (const name of sequencesOf(tables)) {
    statements.push({
      about: name,
      sql: await sequenceStatement(source, spec.source.database, spec.target.database, name),
    });
    notes.push({
      code: 'BANYAN_SCHEMA_ADAPTED',
      what: `sequence ${name} is made on the target, but the move does not keep its counter current`,
      fix: `Before a cutover, SELECT SETVAL(${quoteTable(spec.target.database, name)}, …) to more than legacy's; before a rollback the other way round.`,
    });
  }
  return statements;
}

/** Names of checks and foreign keys are one for a database on MySQL, one for a table on MariaDB. */
function uniqueNames(tables: readonly TableDefinition[]): TableDefinition[] {
  const taken = new Set<string>();
  const renamed = (table: string, name: string) => {
    if (name === '') return name;
    const own = taken.has(name.toLowerCase()) ? derivedName(name.slice(0, 20), table, name) : name;
    taken.add(own.toLowerCase());
    return own;
  };
  return tables.map((table) => ({
    ...table,
    checks: table.checks.map((check) => ({ ...check, name: renamed(table.table, check.name) })),
  }));
}

function tableStatements(tables: readonly TableDefinition[]): SchemaStatement[] {
  const ordered = orderByForeignKeys(tables);
  return [
    ...ordered.map(({ table, inline }) => ({ about: table.table, sql: printTable(table, inline) })),
    ...ordered
      .filter(({ later }) => later.length > 0)
      .map(({ table, later }) => ({
        about: table.table,
        sql: `ALTER TABLE ${quoteTable(table.database, table.table)} ${later.map((key) => `ADD ${printForeignKey(key)}`).join(', ')}`,
      })),
  ];
}
