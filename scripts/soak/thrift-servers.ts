import type { Soak } from './soak.ts';

export const soak: Soak = {
  name: 'thrift-servers',
  summary:
    'official Thrift servers in Python, Node and C++ on every wire they have, beside official clients; 3 minutes, the first time 3 more',
  async run(context) {
    const { officialToolchain } = await import('./official-servers/toolchain.ts');
    const { officialServers } = await import('./official-servers/official-server.ts');
    const { tryServer } = await import('./official-servers/try-server.ts');
    const { freePorts } = await import('../servers/index.ts');
    const toolchain = await officialToolchain({ withCpp: true, signal: context.signal });
    if (toolchain === null) {
      return {
        facts: {},
        failures: ['this machine has no Python, or cannot fetch Debian packages: nothing was tried'],
      };
    }
    const facts: Record<string, number | string> = {};
    const failures: string[] = [];
    for (const server of officialServers) {
      for (const wire of context.quick ? server.wires.slice(0, 1) : server.wires) {
        context.signal.throwIfAborted();
        const name = `${server.name}, ${wire.transport}, ${wire.protocol}`;
        const [port] = await freePorts(1);
        const tried = await tryServer({
          ...{ server, wire, toolchain, port: port! },
          ...{ calls: 32, callMs: 500, rounds: 5 },
          spawn: (command) => context.spawn({ ...command, ready: /^ready/ }),
        }).catch((error: unknown) => `${name}: ${error instanceof Error ? error.message : String(error)}`);
        if (typeof tried === 'string') {
          failures.push(tried);
          context.log(`✗ ${tried}`);
        } else if (tried === null) {
          facts[name] = 'LEFT OUT: no g++ here';
          context.log(`! ${name}: LEFT OUT, there is no g++ here`);
        } else {
          const { officialSeconds, clientSeconds, routerSeconds } = tried;
          facts[name] =
            `official ${ms(officialSeconds)}, client ${ms(clientSeconds)}, router ${ms(routerSeconds)} ms`;
          failures.push(...tried.failures);
          context.log(`${tried.failures.length === 0 ? '✓' : '✗'} ${name}: ${facts[name]}`);
        }
      }
    }
    return { facts, failures };
  },
};

function ms(seconds: number): number {
  return Math.round(seconds * 1_000);
}
