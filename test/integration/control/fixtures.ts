import type { DatabaseEndpoint } from '../../../common/database-endpoint.ts';
import type { FeatureConfig } from '../../../control/config/index.ts';
import { advance } from '../../../control/feature/index.ts';
import { StateStore } from '../../../control/store/index.ts';

/** A feature of a shape that has nothing to do with the shop. */
export function parcelFeature(
  database: DatabaseEndpoint | null,
  overrides: Partial<FeatureConfig> = {},
): FeatureConfig {
  return {
    name: 'parcels',
    service: {
      kind: 'thrift',
      idl: '/nowhere/parcels.thrift',
      name: 'ParcelService',
      addresses: ['127.0.0.1:1'],
      protocol: 'binary',
      transport: 'framed',
      deadlineMs: 1_000,
      connectTimeoutMs: 1_000,
    },
    database,
    tables: database === null ? [] : [{ table: 'parcels' }, { table: 'parcel_events' }],
    sever: [],
    rollback: true,
    generated: 'compare',
    versioned: 'refuse',
    deferIndexes: false,
    triggers: 'keep',
    capture: { legacy: 'triggers', service: 'triggers' },
    routes: [
      {
        id: 'GET /parcels/:code',
        method: 'GET',
        path: '/parcels/:code',
        access: 'read',
        call: { kind: 'thrift', method: 'getParcel' },
      },
      {
        id: 'GET /parcels',
        method: 'GET',
        path: '/parcels',
        access: 'read',
        call: { kind: 'thrift', method: 'listParcels' },
      },
      {
        id: 'POST /parcels',
        method: 'POST',
        path: '/parcels',
        access: 'write',
        call: { kind: 'thrift', method: 'addParcel' },
      },
    ],
    salt: 'parcels',
    ...overrides,
  };
}

/** A store that closes itself. */
export async function openStore(
  state: DatabaseEndpoint,
  features: readonly FeatureConfig[],
): Promise<StateStore & AsyncDisposable> {
  const store = await StateStore.open({ state, features });
  await store.admitFeatures({ who: 'test', why: 'start' });
  return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
}

/** Waits until `condition` holds; the condition is what is awaited, the pause only paces the asking. */
export async function until(condition: () => Promise<boolean> | boolean, withinMs = 30_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Takes a feature from `legacy` to `syncing` in the store alone: no mover has anything to do with it. */
export async function toSyncing(store: StateStore, feature: string): Promise<void> {
  for (const action of ['copy', 'copied'] as const) {
    const change = { who: 'ops', why: 'because', feature, action };
    await store.change({ ...change, change: ({ state }) => advance(state, action) });
  }
}
