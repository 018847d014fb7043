import { inverseTable, type MoveSpec } from '../../mover/index.ts';
import type { BanyanConfig, FeatureConfig } from '../config/index.ts';

/** Which way a move carries rows: `forward` is legacy → service. */
export type MoveDirection = 'forward' | 'reverse';

/** The two moves of a feature; null for one without tables. */
export function moveSpecs(
  config: Pick<BanyanConfig, 'legacy' | 'state' | 'control'>,
  feature: FeatureConfig,
): Readonly<Record<MoveDirection, MoveSpec>> | null {
  if (feature.database === null || feature.tables.length === 0) return null;
  const { tables, capture, sever } = feature;
  const { replicas = [], maxReplicaLagMs, minFreeBytes } = config.control.copy;
  const shared = {
    room: {
      replicas,
      ...(maxReplicaLagMs === undefined ? {} : { maxReplicaLagMs }),
      ...(minFreeBytes === undefined ? {} : { minFreeBytes }),
    },
    bookkeepingSchema: config.state.database,
    ...(feature.rollback ? {} : { oneWay: true }),
    ...(feature.generated === 'accept' ? { generated: feature.generated } : {}),
    ...(feature.versioned === 'current' ? { versioned: feature.versioned } : {}),
    ...(feature.triggers === 'carry' ? { triggers: feature.triggers } : {}),
  };
  const legacy = config.legacy.database;
  const service = feature.database;
  return {
    forward: {
      id: `${feature.name}:forward`,
      source: legacy,
      target: service,
      tables,
      capture: capture.legacy,
      captureBack: capture.service,
      ...(feature.deferIndexes === false ? {} : { deferIndexes: feature.deferIndexes }),
      ...(feature.feed ? { feed: { service: 'target' } } : {}),
      ...(sever.length === 0 ? {} : { sever: { side: 'source', keys: sever } }),
      ...shared,
    },
    reverse: {
      id: `${feature.name}:reverse`,
      source: service,
      target: legacy,
      tables: tables.map(inverseTable),
      capture: capture.service,
      captureBack: capture.legacy,
      ...(feature.feed ? { feed: { service: 'source' } } : {}),
      ...(sever.length === 0 ? {} : { sever: { side: 'target', keys: sever } }),
      ...shared,
    },
  };
}
