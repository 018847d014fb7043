import type { Soak } from './soak.ts';

export const soak: Soak = {
  name: 'idl',
  summary:
    'random and mutated IDLs, and those of services as teams write them, beside Apache Thrift’s own compiler; 2 minutes',
  async run({ folder, log, quick, seed, signal }) {
    const { join } = await import('node:path');
    const { debianThrift } = await import('./official-servers/debian-thrift.ts');
    const { compareMade } = await import('./idl-differential/compare-made.ts');
    const { compareServices } = await import('./idl-differential/compare-services.ts');
    const root = await debianThrift('compiler', signal);
    if (root === null) {
      return { facts: {}, failures: ['this machine cannot fetch Debian packages: nothing was compared'] };
    }
    const compiler = join(root, 'usr/bin/thrift');
    const services = await compareServices(compiler, folder);
    for (const one of services.failures) log(`✗ ${one}`);
    const made = await compareMade({ compiler, folder, seed, signal, count: quick ? 200 : 1_500, log });
    return {
      facts: { ...services.facts, ...made.facts },
      failures: [...services.failures, ...made.failures],
    };
  },
};
