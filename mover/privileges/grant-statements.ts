import { quoteName } from '../sql/names.ts';
import type { NeededPrivilege, PrivilegeScope } from './needed-privileges.ts';

/** Where a GRANT applies, as it is written: `_` and `%` in a database's name are wildcards there, unless a table follows. */
export function grantScope({ database, table }: PrivilegeScope): string {
  if (database === null) return '*.*';
  if (table === null) return `${quoteName(database.replaceAll(/[_%]/g, '\\$&'))}.*`;
  return `${quoteName(database)}.${quoteName(table)}`;
}

/** An account as it is written: `'user'@'host'`. */
export function accountName(user: string, host: string): string {
  const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
  return `${quoted(user)}@${quoted(host)}`;
}

/** One GRANT for each place, without what a wider one gives already. */
export function grantStatements(needed: readonly NeededPrivilege[], account: string): string[] {
  const places = Map.groupBy(needed, grantScope);
  const held = (scope: PrivilegeScope) =>
    new Set((places.get(grantScope(scope)) ?? []).flatMap((one) => one.privileges));
  return [...places].flatMap(([place, all]) => {
    const [first] = all;
    const { database, table } = first as NeededPrivilege;
    const wider = table === null ? new Set<string>() : held({ database, table: null });
    const privileges = [...held({ database, table })].filter((one) => !wider.has(one));
    return privileges.length === 0 ? [] : [`GRANT ${privileges.join(', ')} ON ${place} TO ${account};`];
  });
}
