import { inverseTable, type MoveSpec } from '../../mover/index.ts';
import type { BanyanConfig, FeatureConfig } from '../config/index.ts';

/** Which way a move carries rows: `forward` is legacy → service. */
export type MoveDirection = 'forward' | 'reverse';

/** The two moves of a feature; null for one without tables. */
export function moveSpecs(
  config: Pick<BanyanConfig, 'legacy' | 'state'>,
  feature: FeatureConfig,
): Readonly<Record<MoveDirection, MoveSpec>> | null {
  if (feature.database === null || feature.tables.length === 0) return null;
  const { tables } = feature;
  const shared = { bookkeepingSchema: config.state.database };
  const legacy = config.legacy.database;
  const service = feature.database;
  return {
    forward: { id: `${feature.name}:forward`, source: legacy, target: service, tables, ...shared },
    reverse: {
      id: `${feature.name}:reverse`,
      source: service,
      target: legacy,
      tables: tables.map(inverseTable),
      ...shared,
    },
  };
}
