import type { Fault } from '../../common/errors.ts';
import { type MoveSpec, sideTables } from '../move-spec.ts';
import { checkMoverPrivileges } from '../privileges/missing-privileges.ts';
import type { NeededPrivilege } from '../privileges/needed-privileges.ts';
import { readForeignKeys } from '../shape/foreign-key.ts';
import { quoteName, quoteTable, quoteText } from '../sql/names.ts';
import type { Session } from '../sql/session.ts';
import { readTriggers } from '../watch/read-triggers.ts';
import { asideName } from './aside-name.ts';
import type { EndingStep } from './ending-plan.ts';

/** Legacy's tables get another name. Of one that is moved in part other rows stay: it keeps its name. */
export async function asideSteps(source: Session, spec: MoveSpec): Promise<EndingStep[]> {
  const { database } = spec.source;
  const present = await tablesOf(source, database);
  return wholeTables(spec)
    .filter((table) => present.has(table))
    .map((table) => ({
      side: 'source',
      part: 'rename',
      sql: `RENAME TABLE ${quoteTable(database, table)} TO ${quoteTable(database, asideName(table))}`,
      about: 'legacy’s rows, as they were at the end: drop the table when you need them no more',
      alone: true,
    }));
}

/** What must be settled before legacy's tables are set aside, all at once. */
export async function finishFaults(source: Session, spec: MoveSpec): Promise<Fault[]> {
  const { database } = spec.source;
  const present = await tablesOf(source, database);
  const whole = wholeTables(spec);
  const taken = whole
    .filter((table) => present.has(table) && present.has(asideName(table)))
    .map((table) => ({
      code: 'BANYAN_NAME_TAKEN',
      what: `${database}.${table} would become ${asideName(table)}, and there is such a table`,
      fix: `Look what it is; then RENAME TABLE ${quoteTable(database, asideName(table))} to another name, or drop it.`,
    }));
  const needed = whole
    .filter((table) => present.has(table))
    .flatMap((table): NeededPrivilege[] => [
      { database, table, privileges: ['DROP', 'ALTER'], why: 'to rename it' },
      {
        ...{ database, table: asideName(table), privileges: ['CREATE', 'INSERT', 'TRIGGER'] },
        why: `to give ${table} that name, and to drop banyan’s triggers there`,
      },
    ]);
  return [
    ...taken,
    ...(await edgeFaults(source, spec)),
    ...(await checkMoverPrivileges(source, spec.source, needed)),
  ];
}

/**
 * A foreign key follows a table that is renamed. Then one from outside is checked against rows that nobody changes any more, and
 * one to a table that stays keeps rows from being deleted there.
 */
async function edgeFaults(source: Session, spec: MoveSpec): Promise<Fault[]> {
  const { database } = spec.source;
  const aside = new Set(wholeTables(spec).flatMap((table) => [table, asideName(table)]));
  const isAside = (schema: string, table: string) => schema === database && aside.has(table);
  return (await readForeignKeys(source, database)).flatMap((key) => {
    const child = isAside(key.database, key.child);
    if (child === isAside(key.parentDatabase, key.parent)) return [];
    const place = `${key.database}.${key.child}`;
    return [
      {
        code: 'BANYAN_FINISH_REFERENCED',
        what: child
          ? `foreign key ${key.name} of ${place} would keep rows of ${key.parent} from being deleted that only the set-aside table names`
          : `foreign key ${key.name} of ${place} would be checked against the set-aside table, and refuse whatever the service has added since`,
        fix: `ALTER TABLE ${quoteTable(key.database, key.child)} DROP FOREIGN KEY ${quoteName(key.name)};`,
      },
    ];
  });
}

/** Views and triggers of legacy's that name a table which goes: they fail from then on. */
export async function finishNotes(source: Session, spec: MoveSpec): Promise<Fault[]> {
  const { database } = spec.source;
  const present = await tablesOf(source, database);
  const whole = wholeTables(spec).filter((table) => present.has(table));
  const views = await source.texts(
    `SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ${quoteText(database)}`,
  );
  const triggers = (await readTriggers(source, database, 'all')).filter(
    ({ table, name }) => !whole.includes(table) && !name.startsWith('banyan_'),
  );
  const speakers = [
    ...views.map(([name, text]) => ({ what: `view ${name}`, text: text ?? '' })),
    ...triggers.map(({ name, table, statement }) => ({
      what: `trigger ${name} of ${table}`,
      text: statement,
    })),
  ];
  const named = speakers.flatMap(({ what, text }) =>
    whole
      .filter((table) => names(text, table))
      .map((table) => ({
        code: 'BANYAN_FINISH_NAMED',
        what: `${database}: ${what} names ${table}, and fails once that is set aside`,
        fix: 'Drop it, or have it read something else, before you finish.',
      })),
  );
  const partly = sideTables(spec, 'source').filter((table) => !wholeTables(spec).includes(table));
  const hidden = views.flatMap(([name, text]) => (text ? [] : [name]));
  return [
    ...named,
    ...(hidden.length === 0
      ? []
      : [
          {
            code: 'BANYAN_FINISH_NAMED',
            what: `${database}: views that this account may not read (${hidden.join(', ')}) may name a table that is set aside, and fail then`,
            fix: `Look at SHOW CREATE VIEW of each, or GRANT SHOW VIEW ON ${quoteName(database)}.* and ask again.`,
          },
        ]),
    ...partly.map((table) => ({
      code: 'BANYAN_FINISH_PARTLY',
      what: `${database}.${table} keeps its name, since other rows stay in it; those that moved stay too, as they were at the end, open to writes`,
      fix: `Delete them once you need them no more: those of which ${scopesOf(spec, table)} is true.`,
    })),
  ];
}

/** Tables of the source of which all rows belong to the move. */
function wholeTables(spec: MoveSpec): string[] {
  const partly = new Set(spec.tables.flatMap(({ table, where }) => (where === undefined ? [] : [table])));
  return sideTables(spec, 'source').filter((table) => !partly.has(table));
}

function scopesOf(spec: MoveSpec, table: string): string {
  const scopes = spec.tables.flatMap((one) =>
    one.table === table && one.where !== undefined ? [one.where] : [],
  );
  return scopes.map((where) => `(${where})`).join(' OR ');
}

function names(text: string, table: string): boolean {
  const plain = table.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(^|[^\\p{L}\\p{N}_$])${plain}($|[^\\p{L}\\p{N}_$])`, 'iu').test(text);
}

async function tablesOf(session: Session, database: string): Promise<Set<string>> {
  const rows = await session.texts(
    `SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${quoteText(database)}`,
  );
  return new Set(rows.map(([name]) => name ?? ''));
}
