import type { MoveSpec } from '../move-spec.ts';
import type { Session } from '../sql/session.ts';
import { type Fingerprint, readFingerprints } from '../watch/fingerprint.ts';

/**
 * The fingerprints of captured tables, by name: of one whose key is the config's word, with that word. What was noted or copied by another
 * key says nothing under this one.
 */
export async function readCapturedFingerprints(
  session: Session,
  { source, tables: specs }: Pick<MoveSpec, 'source' | 'tables'>,
  tables: readonly string[],
): Promise<Map<string, Fingerprint>> {
  const found = await readFingerprints(session, source.database, tables);
  return new Map(
    [...found].map(([table, fingerprint]) => {
      const { key, by = [] } = specs.find((spec) => spec.table === table) ?? {};
      if (key === undefined || fingerprint.columns === '') return [table, fingerprint];
      return [table, { ...fingerprint, columns: `${fingerprint.columns} ${[key, ...by].join(' ')}` }];
    }),
  );
}
