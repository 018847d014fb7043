import { Gauge, Registry } from 'prom-client';
import type { FeatureStatus, StatusReport } from '../contract/answers/index.ts';

/** Null: nothing is known, and nothing is told. */
type Read = (feature: FeatureStatus) => number | boolean | null | undefined;

const figures: readonly (readonly [name: string, help: string, read: Read])[] = [
  ['failing', '1 while the move of the feature has failed', ({ failing }) => failing !== null],
  ['finding', '1 while something is not as the stage requires', ({ finding }) => finding !== null],
  ['paused', '1 while its move is paused', ({ paused }) => paused],
  ['hold', '1 while its writes are held', ({ hold }) => hold],
  [
    'service_unreachable',
    'addresses of its service at which nobody accepts connections, or nobody answers',
    ({ unreachable }) => unreachable.length,
  ],
  ['dirty_keys', 'changes that are not carried over yet', ({ move }) => move?.backlog?.entries],
  ['lag_seconds', 'age of the oldest of them', ({ move }) => seconds(move?.backlog?.oldestMs)],
  ['copy_share', 'of its speed that a copy under way keeps', ({ move }) => move?.pace?.share],
  ['progress_rows', 'rows that the work under way has done', ({ move }) => move?.progress?.done],
  ['progress_rows_total', 'rows that it has to do', ({ move }) => move?.progress?.total],
  ['refused_writes', 'writes that the fence has refused', ({ refused }) => refused?.count],
  ['verified_rows', 'rows that were compared', ({ move }) => move?.verified?.rows],
  ['verified_different_rows', 'of them, rows that differ', ({ move }) => move?.verified?.different],
  [
    'verified_oldest_seconds',
    'how long ago those rows were compared that were not for longest; absent while some never were',
    ({ move }) => seconds(move?.verified?.oldestMs),
  ],
];

const fleet: readonly (readonly [name: string, help: string, read: (report: MeasuredReport) => number])[] = [
  [
    'control_conducting',
    '1 in the process that conducts, 0 in a standby',
    ({ role }) => Number(role === 'active'),
  ],
  ['control_table_version', 'of the route table that routers are to follow', ({ version }) => version],
  ['control_routers', 'routers that are alive', ({ replicas }) => replicas.length],
  [
    'control_routers_behind',
    'of them, routers that decide by an older table',
    ({ replicas, version }) => replicas.filter((replica) => replica.version < version).length,
  ],
  [
    'control_legacy_unreachable',
    'addresses of legacy at which nobody accepts connections, or nobody answers',
    ({ unreachable }) => unreachable.length,
  ],
  [
    'control_databases_unreachable',
    'databases of legacy, and of features that have begun to move, that do not answer',
    ({ unreachableDatabases }) => unreachableDatabases.length,
  ],
];

type MeasuredReport = Pick<
  StatusReport,
  'features' | 'role' | 'version' | 'replicas' | 'unreachable' | 'unreachableDatabases'
>;

/** The status as Prometheus reads it: `banyan_control_…`, and `banyan_feature_…` by feature. */
export async function statusMetrics(
  report: MeasuredReport,
): Promise<{ readonly type: string; readonly text: string }> {
  const registry = new Registry();
  for (const [name, help, read] of fleet) {
    new Gauge({ name: `banyan_${name}`, help, registers: [registry] }).set(read(report));
  }
  const stages = new Gauge({
    ...{ name: 'banyan_feature_stage', help: '1 at the stage of a feature and the side that owns its rows' },
    ...{ labelNames: ['feature', 'stage', 'owner'] as const, registers: [registry] },
  });
  for (const { name, stage, owner } of report.features) stages.set({ feature: name, stage, owner }, 1);
  for (const [name, help, read] of figures) {
    const gauge = new Gauge({
      ...{ name: `banyan_feature_${name}`, help },
      ...{ labelNames: ['feature'] as const, registers: [registry] },
    });
    for (const feature of report.features) {
      const value = read(feature);
      if (value !== null && value !== undefined) gauge.set({ feature: feature.name }, Number(value));
    }
  }
  return { type: registry.contentType, text: await registry.metrics() };
}

function seconds(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : ms / 1_000;
}
