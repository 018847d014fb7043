import { BanyanError } from '../../common/errors.ts';
import { type Move, sideTables } from '../../mover/index.ts';
import { pastUsage } from '../usage/past-usage.ts';
import type { Access } from '../usage/touched-tables.ts';

const withinSeconds = 600;
const fewAccounts = 3;

/**
 * Who reads or writes the old owner's tables, as far as its server still tells: a figure for whoever decides, since nothing tells a
 * statement of a request that came through the router from one of a job.
 */
export async function seenUsage({ spec }: Move, access: Access): Promise<string> {
  if (spec.source.host === '') return 'no tables';
  const did = access === 'write' ? 'wrote' : 'read';
  const minutes = `in the last ${withinSeconds / 60} min`;
  try {
    const { entries, uncounted } = await pastUsage(spec.source, sideTables(spec, 'source'), {
      access,
      withinSeconds,
    });
    const others = entries.filter(({ own }) => !own);
    const [last] = others;
    const lost =
      uncounted === 0 ? '' : `; others were not counted, for the server's table of digests is full`;
    if (last === undefined) return `no statement that was counted ${did} them ${minutes}${lost}`;
    const accounts = [...new Set(others.flatMap((entry) => entry.accounts))];
    const named = accounts.slice(0, fewAccounts).join(', ') || 'accounts whose connections have ended';
    const more = accounts.length > fewAccounts ? ` and ${accounts.length - fewAccounts} more` : '';
    const command = access === 'write' ? 'writers' : 'readers';
    return `${others.length} statements ${did} them ${minutes}, the last ${last.lastSeenSecondsAgo} s ago, by ${named}${more}; through the router or past it: \`banyan ${command}\`${lost}`;
  } catch (error) {
    // A server that does not say closes no gate: most of MariaDB's do not.
    const said = error instanceof BanyanError ? error.message : (error as Error).message;
    return `not known: ${said}`;
  }
}
