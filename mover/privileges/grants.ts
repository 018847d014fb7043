import type { Session } from '../sql/session.ts';

/** One line of SHOW GRANTS. */
export interface Grant {
  readonly privileges: readonly string[];
  /** Pattern of the database, `*` for all. */
  readonly database: string;
  readonly table: string;
}

export async function readGrants(session: Session): Promise<Grant[]> {
  const lines = await session.texts('SHOW GRANTS');
  const roles = session.engine === 'mysql' ? await session.texts('SELECT CURRENT_ROLE()') : [];
  const active = roles[0]?.[0];
  if (active && active !== 'NONE')
    lines.push(...(await session.texts(`SHOW GRANTS FOR CURRENT_USER() USING ${active}`)));
  return lines.flatMap(([line]) => parseGrant(line ?? '') ?? []);
}

/** Null for what grants no privilege on tables: roles, proxies. */
export function parseGrant(line: string): Grant | null {
  const match =
    /^GRANT (?<privileges>.+) ON (?:TABLE )?(?<database>\*|`(?:[^`]|``)+`)\.(?<table>\*|`(?:[^`]|``)+`) TO /i.exec(
      line,
    );
  if (!match?.groups) return null;
  const { privileges = '', database = '', table = '' } = match.groups;
  return {
    privileges: privileges
      .replaceAll(/\([^)]*\)/g, '')
      .split(',')
      .map((privilege) => privilege.trim().toUpperCase()),
    database: unquote(database),
    table: unquote(table),
  };
}

function unquote(name: string): string {
  return name.startsWith('`') ? name.slice(1, -1).replaceAll('``', '`') : name;
}

/** Whether the grants give a privilege on a table, on all tables of a database (no table), or everywhere (neither). */
export function isGranted(
  grants: readonly Grant[],
  privilege: string,
  on: { readonly database?: string; readonly table?: string },
): boolean {
  return grants.some((grant) => {
    if (!grant.privileges.some((held) => held === privilege || /^ALL( PRIVILEGES)?$/.test(held)))
      return false;
    if (grant.database === '*') return true;
    if (on.database === undefined || !likeMatches(grant.database, on.database)) return false;
    return grant.table === '*' || grant.table === on.table;
  });
}

/** Database names in grants are LIKE patterns: `_` and `%` match, a backslash takes that from them. */
function likeMatches(pattern: string, name: string): boolean {
  const source = pattern.replaceAll(/\\(.)|(.)/gsu, (_all, escaped?: string, plain?: string) => {
    if (plain === '_') return '.';
    if (plain === '%') return '.*';
    return `\\u{${((escaped ?? plain) as string).codePointAt(0)?.toString(16)}}`;
  });
  return new RegExp(`^${source}$`, 'su').test(name);
}
