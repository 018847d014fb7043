import type { Fault } from '../../common/errors.ts';
import type { SchemaStatement } from '../schema/schema-plan.ts';
import { quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { readTriggers, type TableTrigger } from '../watch/read-triggers.ts';
import { createTrigger, guarded, isGuarded } from './guard.ts';
import { namesIn, ownTriggers } from './trigger-findings.ts';

/** Modes that both engines have and that a body's work depends on; those that change how it is read are in `reading`. */
const kept = new Set([
  ...['STRICT_TRANS_TABLES', 'STRICT_ALL_TABLES', 'NO_ZERO_DATE', 'NO_ZERO_IN_DATE', 'ALLOW_INVALID_DATES'],
  ...['ERROR_FOR_DIVISION_BY_ZERO', 'NO_ENGINE_SUBSTITUTION', 'NO_AUTO_VALUE_ON_ZERO', 'ONLY_FULL_GROUP_BY'],
  // Clients set it without being asked.
  'IGNORE_SPACE',
]);
const reading = /ANSI_QUOTES|PIPES_AS_CONCAT|NO_BACKSLASH_ESCAPES|ORACLE/;

export interface CarriedTriggers {
  readonly statements: readonly SchemaStatement[];
  /** Those that stay with the source, and why. */
  readonly notes: readonly Fault[];
}

/** The application's own triggers of these tables, for the target: in a form that the mover's writes do not fire. */
export async function carryTriggers(
  source: Session,
  from: string,
  to: string,
  tables: readonly string[],
): Promise<CarriedTriggers> {
  const own = ownTriggers(await readTriggers(source, from, tables), from, tables);
  const staying = await namesThatStay(source, from, tables);
  const statements: SchemaStatement[] = [];
  const notes: Fault[] = [];
  for (const trigger of own.toSorted((one, other) => one.order - other.order)) {
    const why = whyNot(trigger, from, staying);
    if (why === null) {
      const modes = trigger.sqlMode.split(',').filter((mode) => kept.has(mode));
      const body = isGuarded(trigger.statement) ? trigger.statement : guarded(trigger.statement);
      statements.push(
        { about: trigger.name, sql: `SET SESSION sql_mode = ${quoteText(modes.join(','))}` },
        { about: trigger.name, sql: createTrigger(to, trigger, body) },
      );
    } else {
      notes.push({
        code: 'BANYAN_TRIGGER_KEPT',
        what: `the trigger ${trigger.name} of ${trigger.table} stays on legacy: ${why}`,
        fix: 'Do what it does in the service.',
      });
    }
  }
  return { statements, notes };
}

function whyNot(
  { statement, sqlMode }: TableTrigger,
  database: string,
  staying: ReadonlySet<string>,
): string | null {
  const names = namesIn(statement);
  if (reading.test(sqlMode)) return `its body is to be read with sql_mode ${sqlMode}`;
  if (names.has('call')) return 'it calls a procedure';
  if (names.has(database.toLowerCase())) return `it names the database ${database}`;
  const touched = [...names].filter((name) => staying.has(name));
  return touched.length === 0 ? null : `it names ${touched.join(', ')}, which does not move`;
}

/** Tables, views and stored functions of the source's database beside the moved tables, in lower case. */
async function namesThatStay(
  source: Session,
  database: string,
  tables: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await source.texts(
    `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${quoteText(database)}
      UNION SELECT ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ${quoteText(database)}`,
  );
  return new Set(
    rows
      .map(([name]) => name ?? '')
      .filter((name) => !tables.includes(name))
      .map((name) => name.toLowerCase()),
  );
}
