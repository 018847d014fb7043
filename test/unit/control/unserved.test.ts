import { expect, it } from 'vitest';
import type { StatusReport } from '../../../control/api/index.ts';
import { unserved } from '../../../control/api/words/told.ts';

it('a router without a feature that has left is told of, and no process whose seams are of others', () => {
  const replica = { host: 'vm', pid: 7, services: ['user'], config: null };
  const about = (kind: 'router' | 'seam') =>
    unserved({
      features: [
        { name: 'user', stage: 'extracted' },
        { name: 'search', stage: 'extracted' },
        { name: 'log', stage: 'legacy' },
      ],
      replicas: [{ ...replica, kind }],
      config: { fingerprint: '', features: {} },
    } as unknown as StatusReport).map(({ what }) => what);
  expect(about('seam')).toEqual([]);
  expect(about('router')).toEqual([expect.stringContaining('cannot ask the service of search:')]);
});
