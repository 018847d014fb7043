import type { Bench, BenchSubject } from './bench.ts';

/** Rows a second and CPU for each row, beside what people do by hand. Both end with an equal table, or there is no number. */
export const bench: Bench = {
  name: 'copy',
  summary: 'copying a table to another server: banyan, ready for writes meanwhile, beside dump | load',
  async setup(context) {
    const [{ assertEqual, emptyTarget, startCopyServers }, { dumpAndLoad, dumpPrograms }, { cpuMicrosOf }] =
      await Promise.all([
        import('./copy-peers/servers.ts'),
        import('./copy-peers/dump-and-load.ts'),
        import('../runs/cpu-time.ts'),
      ]);
    const servers = await startCopyServers(context, context.quick ? 20_000 : 200_000);
    const serverCpu = () => servers.processes.reduce((sum, server) => sum + cpuMicrosOf(server.pid), 0);

    const subject = (
      name: string,
      copy: () => Promise<{ seconds: number; cpuMicros: number }>,
    ): BenchSubject => ({
      name,
      async measure() {
        await emptyTarget(servers);
        const before = serverCpu();
        const { seconds, cpuMicros } = await copy();
        const after = serverCpu();
        await assertEqual(servers);
        return {
          rowsPerSecond: servers.rows / seconds,
          cpuMicrosPerRow: cpuMicros / servers.rows,
          serverCpuMicrosPerRow: (after - before) / servers.rows,
        };
      },
    });

    const { source, target } = servers;
    const subjects = [
      subject('banyan', async () => {
        const child = await context.spawn({
          command: process.execPath,
          args: [
            new URL('copy-peers/banyan.ts', import.meta.url).pathname,
            JSON.stringify({ source, target }),
          ],
          ready: /^\{"seconds"/,
          readyWithinMs: 300_000,
        });
        await child.stop();
        return JSON.parse(child.ready) as { seconds: number; cpuMicros: number };
      }),
    ];
    const programs = await dumpPrograms();
    if (programs === null) context.log('no mariadb-dump and mariadb on PATH: the peer is left out');
    else subjects.push(subject('dump', () => dumpAndLoad(servers, programs, context.signal)));
    return {
      subjects,
      ratios: [
        { name: 'speedVsDump', metric: 'rowsPerSecond', of: 'banyan', over: 'dump', atLeast: 1 },
        { name: 'cpuVsDump', metric: 'cpuMicrosPerRow', of: 'banyan', over: 'dump' },
      ],
    };
  },
};
