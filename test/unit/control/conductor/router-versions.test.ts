import { expect, test } from 'vitest';
import { describeRouters, otherwiseRouters } from '../../../../control/conductor/router-versions.ts';
import { cannotServe, type Replica, type ReplicaConfig } from '../../../../control/store/index.ts';

const config: ReplicaConfig = {
  ...{ fingerprint: 'aaaabbbbcccc', features: { parcels: 'p1' }, banyan: '2.0.0' },
  ...{ restart: [], fault: null, reload: 0 },
};

function router(pid: number, more: Partial<Replica> = {}): Replica {
  return {
    ...{
      replica: `r${pid}`,
      kind: 'router',
      host: 'h',
      pid,
      version: 7,
      drained: {},
      services: ['parcels'],
      config,
    },
    ...{ live: true, beatAgoMs: 10 },
    ...more,
  };
}

test('routers of another version or config are told, each with what it is; one from before it was told serves where it says that it can', () => {
  const { banyan: _, ...untold } = config;
  const replicas = [
    router(1),
    router(2, { config: { ...config, banyan: '1.9.0' } }),
    router(3, { config: { ...config, fingerprint: 'ddddeeeeffff' } }),
    // A version that tells its config and not itself; one that tells neither; one that says nothing of services either.
    router(4, { config: untold }),
    router(5, { config: null }),
    router(6, { config: null, services: null }),
    router(7, { live: false, config: { ...config, banyan: '1.0.0' } }),
  ];
  const own = { version: '2.0.0', fingerprint: 'aaaabbbbcccc' };
  expect(otherwiseRouters(replicas, own)).toEqual([
    'h (2) is banyan 1.9.0, control 2.0.0',
    'h (3) goes by config ddddeeee, control by aaaabbbb',
  ]);
  expect(otherwiseRouters(replicas, { ...own, fingerprint: null })).toHaveLength(1);
  expect(cannotServe(replicas, 'parcels', 'p1')).toEqual([
    'h (6) is of a version that does not say which it has',
  ]);
  expect(describeRouters(replicas)).toBe(
    '6 alive, banyan 1.9.0 and 2.0.0 and not told, route table 7, config aaaabbbb and ddddeeee and not told',
  );
});
