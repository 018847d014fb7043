import type { Fault } from '../../common/errors.ts';
import { captureTriggerNames } from '../capture/triggers/capture-names.ts';
import { isFenceTrigger } from '../fence/fence-statements.ts';
import { type MoveSpec, sideTables } from '../move-spec.ts';
import { sqlTokens, unquoteName } from '../schema/sql-tokens.ts';
import type { TableTrigger } from '../watch/read-triggers.ts';
import { guardStatements, isGuarded } from './guard.ts';

/** The application's own, of these tables. */
export function ownTriggers(
  triggers: readonly TableTrigger[],
  database: string,
  tables: readonly string[],
): TableTrigger[] {
  const ours = new Set(tables.flatMap((table) => captureTriggerNames(database, table)));
  return triggers.filter(
    ({ name, table }) => tables.includes(table) && !ours.has(name) && !isFenceTrigger(name),
  );
}

/**
 * What the application's own triggers mean for a move. On the side that has the rows they do what they did, and what they write is
 * captured like any write. On the other the mover writes rows that they have been through already: one that does not know
 * the mover would change them again. `triggers`: all of the side's database.
 */
export function triggerFindings(
  triggers: readonly TableTrigger[],
  spec: MoveSpec,
  side: 'source' | 'target',
): { readonly faults: Fault[]; readonly warnings: Fault[] } {
  const { database } = spec[side];
  const tables = sideTables(spec, side);
  const faults: Fault[] = [];
  const warnings: Fault[] = [];
  for (const trigger of ownTriggers(triggers, database, tables)) {
    const what = `${database}.${trigger.table} has a trigger ${trigger.name}`;
    // Nothing is ever carried to the source of a move that has no way back.
    if (!isGuarded(trigger.statement) && !(side === 'source' && spec.oneWay)) {
      faults.push({
        code: 'BANYAN_TRIGGER_FOREIGN',
        what: `${what}: it would run again for every row that is carried over`,
        fix: `Have it leave the mover's rows alone (docs/mover.md, "Triggers of the application's own"), in a migration: ${guardStatements(database, trigger)}`,
      });
    } else if (side === 'source' && spec.triggers !== 'carry') {
      warnings.push({
        code: 'BANYAN_TRIGGER_KEPT',
        what: `${what}, which stays there: the service's rows do not go through it`,
        fix: "Do what it does in the service; or say `triggers: 'carry'` of the feature: `banyan schema` then makes it there, if it touches moved tables only.",
      });
    }
  }
  if (side === 'source') warnings.push(...outsideWriters(triggers, database, tables));
  return { faults, warnings };
}

/** Triggers of tables that stay: after the cutover the fence refuses what they write, and so the statement that fired them. */
function outsideWriters(
  triggers: readonly TableTrigger[],
  database: string,
  tables: readonly string[],
): Fault[] {
  return triggers
    .filter(({ table }) => !tables.includes(table))
    .flatMap(({ table, name, statement }) => {
      const named = tables.filter((one) => namesIn(statement).has(one.toLowerCase()));
      if (named.length === 0) return [];
      return [
        {
          code: 'BANYAN_TRIGGER_OUTSIDE',
          what: `the trigger ${name} of ${database}.${table}, which stays, names ${named.join(', ')}: from the cutover on what it writes there is refused, and with it the statement that fires it`,
          fix: 'If it writes there, have the application do it through the router, and drop the trigger before the cutover.',
        },
      ];
    });
}

/** Words and names of a body, in lower case. */
export function namesIn(statement: string): ReadonlySet<string> {
  return new Set(
    sqlTokens(statement)
      .filter(({ kind }) => kind === 'word' || kind === 'name')
      .map((token) => unquoteName(token).toLowerCase()),
  );
}
