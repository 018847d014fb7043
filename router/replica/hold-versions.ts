import type { RouteTable } from '../table/route-table.ts';

/**
 * For every feature on hold, the version of the table that began the hold, as far as this replica can know. When
 * versions in between were never seen here, a hold may have ended and begun again unseen: then the newest table counts
 * as its beginning, so that a barrier waiting for the later hold is not left waiting. A barrier compares with "at
 * least".
 */
export function holdVersions(
  before: Readonly<Record<string, number>>,
  previousVersion: number,
  table: RouteTable,
): Record<string, number> {
  const holds: Record<string, number> = {};
  const sawEveryVersion = table.version === previousVersion + 1;
  for (const feature of table.features) {
    if (!feature.hold) continue;
    const began = before[feature.name];
    holds[feature.name] = began !== undefined && sawEveryVersion ? began : table.version;
  }
  return holds;
}
