import type { Bench, BenchContext, BenchSubject } from './bench.ts';

/**
 * What capture costs an application's writes: single-row updates of random products, each its own transaction, eight at a time,
 * with the triggers and without. The mover does not apply meanwhile: what it takes is not the writer's. The CPU is the server's.
 */
export const bench: Bench = {
  name: 'capture',
  summary: 'what capture costs each single-row update on the source, on MariaDB and MySQL',
  rounds: 9,
  async setup(context) {
    const { engines, findServerProgram } = await import('../servers/index.ts');
    const subjects: BenchSubject[] = [];
    for (const engine of engines) {
      await findServerProgram(engine);
      subjects.push(...(await subjectsOf(context, engine)));
    }
    return {
      subjects,
      ratios: engines.flatMap((engine) => [
        {
          name: `${engine}Throughput`,
          metric: 'writesPerSecond',
          of: `${engine}Captured`,
          over: `${engine}Plain`,
        },
        {
          name: `${engine}ServerCpu`,
          metric: 'serverCpuMicrosPerWrite',
          of: `${engine}Captured`,
          over: `${engine}Plain`,
        },
      ]),
    };
  },
};

async function subjectsOf(context: BenchContext, engine: 'mariadb' | 'mysql'): Promise<BenchSubject[]> {
  const [{ startCopyServers }, { openProductsMove }, { updateProducts }, { cpuMicrosOf }] = await Promise.all(
    [
      import('./copy-peers/servers.ts'),
      import('./copy-peers/products-move.ts'),
      import('./copy-peers/updates.ts'),
      import('../runs/cpu-time.ts'),
    ],
  );
  const servers = await startCopyServers(context, context.quick ? 5_000 : 50_000, engine);
  const move = await openProductsMove(servers);
  context.defer(() => move.close());
  const seconds = context.quick ? 1 : 3;
  const sourcePid = servers.processes[0]!.pid;
  const subject = (name: string, captured: boolean): BenchSubject => ({
    name: `${engine}${name}`,
    async measure({ signal }) {
      await (captured ? move.installCapture() : move.dropCapture());
      await updateProducts(servers, { seconds: 0.5, signal });
      const before = cpuMicrosOf(sourcePid);
      const { writes, ...rest } = await updateProducts(servers, { seconds, signal });
      return { serverCpuMicrosPerWrite: (cpuMicrosOf(sourcePid) - before) / writes, ...rest };
    },
  });
  return [subject('Plain', false), subject('Captured', true)];
}
