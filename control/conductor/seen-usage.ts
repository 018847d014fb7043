import { BanyanError } from '../../common/errors.ts';
import { counted } from '../../common/numbers.ts';
import { type DatabaseEndpoint, type Move, sideTables } from '../../mover/index.ts';
import type { StateStore } from '../store/index.ts';
import { pastUsage } from '../usage/past-usage.ts';
import type { Access } from '../usage/touched-tables.ts';

const withinSeconds = 600;
const fewAccounts = 3;
/** What jobs do once a day counts too. */
const callersWithinSeconds = 7 * 86_400;
const fewCallers = 4;

/**
 * Who reads or writes the old owner's tables, as far as its server still tells: a figure for whoever decides, since nothing tells a
 * statement of a request that came through the router from one of a job.
 */
export async function seenUsage(
  { spec }: Move,
  access: Access,
  callers: StateStore['callers'],
): Promise<string> {
  if (spec.source.host === '') return 'no tables';
  const tables = sideTables(spec, 'source');
  const { database } = spec.source;
  const [counted, named] = await Promise.all([
    countedUsage(spec.source, tables, access),
    callers({ database, tables, access, withinSeconds: callersWithinSeconds }),
  ]);
  if (named.length === 0) return counted;
  const each = [...new Set(named.map(({ caller }) => caller))];
  const more = each.length > fewCallers ? ` and ${each.length - fewCallers} more` : '';
  return `${counted}; the monolith names ${each.slice(0, fewCallers).join(', ')}${more}, the last ${named[0]!.lastSeenSecondsAgo} s ago`;
}

async function countedUsage(
  source: DatabaseEndpoint,
  tables: readonly string[],
  access: Access,
): Promise<string> {
  const did = access === 'write' ? 'wrote' : 'read';
  const minutes = `in the last ${withinSeconds / 60} min`;
  try {
    const { entries, uncounted } = await pastUsage(source, tables, { access, withinSeconds });
    const others = entries.filter(({ own }) => !own);
    const [last] = others;
    const lost =
      uncounted === 0 ? '' : `; others were not counted, for the server's table of digests is full`;
    if (last === undefined) return `no statement that was counted ${did} them ${minutes}${lost}`;
    const accounts = [...new Set(others.flatMap((entry) => entry.accounts))];
    const named = accounts.slice(0, fewAccounts).join(', ') || 'accounts whose connections have ended';
    const more = accounts.length > fewAccounts ? ` and ${accounts.length - fewAccounts} more` : '';
    const command = access === 'write' ? 'writers' : 'readers';
    return `${counted(others.length, 'statement')} ${did} them ${minutes}, the last ${last.lastSeenSecondsAgo} s ago, by ${named}${more}; through the router or past it: \`banyan ${command}\`${lost}`;
  } catch (error) {
    // A server that does not say closes no gate: most of MariaDB's do not.
    const said = error instanceof BanyanError ? error.message : (error as Error).message;
    return `not known: ${said}`;
  }
}
