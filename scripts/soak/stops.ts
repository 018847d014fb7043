import type { Soak } from './soak.ts';

export const soak: Soak = {
  name: 'stops',
  summary:
    'routers are stopped while clients connect anew for every request: how many are reset, and none behind a balancer (3 minutes)',
  async run(context) {
    const { stopUnderConnections } = await import('./stops/stop-under-connections.ts');
    const facts: Record<string, number | string> = {};
    const failures: string[] = [];
    const ways = [
      { name: 'one process', workers: 1, noticeMs: 0 },
      { name: 'two workers', workers: 2, noticeMs: 0 },
      { name: 'two workers behind a balancer', workers: 2, noticeMs: 500 },
    ];
    for (const { name, workers, noticeMs } of ways) {
      let [answered, lost] = [0, 0];
      const stops = context.quick ? 5 : 25;
      for (let n = 0; n < stops; n++) {
        context.signal.throwIfAborted();
        const outcome = await stopUnderConnections(context, { workers, noticeMs });
        answered += outcome.answered;
        lost += outcome.lost.length;
        for (const why of outcome.lost) context.log(`${name}, stop ${n + 1}: ${why}`);
      }
      facts[`${name}: requests answered`] = answered;
      facts[`${name}: lost in ${stops} stops`] = lost;
      if (noticeMs > 0 && lost > 0) failures.push(`${name}: ${lost} requests were lost`);
    }
    return { facts, failures };
  },
};
