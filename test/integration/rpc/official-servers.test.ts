import { describe, expect, test } from 'vitest';
import { withRunContext } from '../../../scripts/runs/run-context.ts';
import { freePorts } from '../../../scripts/servers/index.ts';
import { officialServers, type Wire } from '../../../scripts/soak/official-servers/official-server.ts';
import { officialToolchain } from '../../../scripts/soak/official-servers/toolchain.ts';
import { tryServer } from '../../../scripts/soak/official-servers/try-server.ts';

/** Some of what `npm run soak -- thrift-servers` tries: each kind of server once, each transport and protocol once. */
const sample: readonly (readonly [string, Wire])[] = [
  ['Python TThreadedServer', { transport: 'header', protocol: 'binary' }],
  ['Python TThreadPoolServer', { transport: 'framed', protocol: 'compact' }],
  ['npm thrift', { transport: 'buffered', protocol: 'binary' }],
];

const toolchain = await officialToolchain({ withCpp: false });

describe.skipIf(toolchain === null)('an official server, beside as many official clients', () => {
  test.each(sample)('%s over %o', async (name, wire) => {
    const server = officialServers.find((one) => one.name === name)!;
    const [port] = await freePorts(1);
    const options = { name: 'official-server', signal: AbortSignal.timeout(60_000), log: console.error };
    const tried = await withRunContext(options, (context) =>
      tryServer({
        ...{ server, wire, toolchain: toolchain!, port: port! },
        ...{ calls: 12, callMs: 600, rounds: 3 },
        spawn: (command) => context.spawn({ ...command, ready: /^ready/ }),
      }),
    );
    expect(tried!.failures).toEqual([]);
  });
});

// Never in silence: what is left out is said in the summary.
test.runIf(toolchain === null)('SKIPPED: no Python, or no means to fetch Debian packages', ({ skip }) =>
  skip(),
);
