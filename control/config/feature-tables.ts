import type { Fault } from '../../common/errors.ts';
import type { TableSpec } from '../../mover/move-spec.ts';
import type { FeatureConfig } from './config.ts';
import { configFault } from './config-fault.ts';

/** Tables as written: a name alone is a table that is the same on both sides. */
export function featureTables(
  tables: readonly (string | TableSpec)[],
  path: readonly PropertyKey[],
  faults: Fault[],
): readonly TableSpec[] {
  const specs = tables.map((table) => (typeof table === 'string' ? { table } : table));
  const seen = new Set<string>();
  for (const [index, spec] of specs.entries()) {
    const pair = `${spec.table}\0${spec.into ?? spec.table}`;
    if (seen.has(pair)) {
      const fix = 'Name each table once; one that goes into two has an `into` for each.';
      faults.push(configFault([...path, 'tables', index], `names ${spec.table} twice`, fix));
    }
    seen.add(pair);
  }
  return specs;
}

/** A table moves with one feature only: two owners of one row are what banyan is there to prevent. */
export function checkTablesAcross(features: readonly FeatureConfig[], faults: Fault[]): void {
  const legacy = new Map<string, string>();
  const service = new Map<string, string>();
  for (const feature of features) {
    for (const [index, { table, into = table }] of feature.tables.entries()) {
      const { host, port, database } = feature.database ?? { host: '', port: 0, database: '' };
      for (const [owners, key, name] of [
        [legacy, table, table],
        [service, `${host}:${port}/${database}/${into}`, into],
      ] as const) {
        const other = owners.get(key);
        owners.set(key, feature.name);
        if (other === undefined || other === feature.name) continue;
        faults.push(
          configFault(
            ['features', feature.name, 'tables', index],
            `names ${name}, which is a table of feature ${other} already`,
            'Let one feature own it, or move both as one feature.',
          ),
        );
        break;
      }
    }
  }
}
