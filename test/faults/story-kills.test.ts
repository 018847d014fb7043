import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { AdminClient } from '../../control/api/index.ts';
import { auditDatabases } from '../../scripts/demo/audit-databases.ts';
import {
  type DriveOptions,
  driveFeature,
  driveHandover,
  untilDrained,
} from '../../scripts/demo/drive-feature.ts';
import { pickProducts } from '../../scripts/demo/pick-products.ts';
import { Traffic } from '../../scripts/demo/traffic.ts';
import type { StackInfo } from '../../scripts/stack/stack-info.ts';
import { describeOnEngine } from '../support/databases.ts';
import { startTestStack } from '../support/stack.ts';

describeOnEngine('mariadb', 'kill -9 in the midst of the story', (lane) => {
  it('of the mover, control and the router, at three moments each way: nothing is lost', async () => {
    await using stack = await startTestStack(
      `kills-${lane.engine}`,
      '--rows',
      '6000',
      '--engine',
      lane.engine,
    );
    const info = await stack.info();
    const kill = async (name: 'control' | 'router') => {
      const { processes } = await stack.info();
      process.kill(name === 'control' ? processes.control : (processes.router[0] ?? -1), 'SIGKILL');
    };
    const traffic = new Traffic({
      routers: info.router,
      readers: 4,
      writers: 4,
      pauseMs: 20,
      ...(await pickProducts(info.databases.legacy)),
    });
    traffic.start();
    try {
      // The mover lives in the control process: killing it ends both.
      const copying = killAt('copy', () => kill('control'));
      await driveFeature(driving(info, copying.onProgress), 'copy');
      expect(copying.killed()).toBe(true);

      await driveFeature(driving(info), 'canary', { percent: 50 });
      await kill('router');
      await answersAgain(traffic);

      const cutting = killAt('fence', () => kill('control'));
      expect((await driveHandover(driving(info, cutting.onProgress), 'cutover')).direction).toBe('cutover');
      expect(cutting.killed()).toBe(true);
      await answersAgain(traffic);

      // Writes are parked in the router that dies: they were never sent, so never acknowledged.
      const back = killAt('hold', () => kill('router'));
      await driveHandover(driving(info, back.onProgress), 'rollback');
      expect(back.killed()).toBe(true);
      await answersAgain(traffic);

      const deciding = killAt('decide', () => kill('control'));
      await driveHandover(driving(info, deciding.onProgress), 'cutover');
      expect(deciding.killed()).toBe(true);
      await answersAgain(traffic);
    } finally {
      await traffic.stop();
    }
    const drive = driving(info);
    await untilDrained(drive);
    const verify = await driveFeature(drive, 'verify');
    expect(verify).toMatchObject({ different: 0 });
    const audit = await auditDatabases(info.databases, traffic.ledger);
    expect(audit.legacy).toEqual({ lost: [], duplicated: [] });
    expect(audit.service).toEqual({ lost: [], duplicated: [] });
    expect(audit.tables).toMatchObject({ different: 0 });
    expect(traffic.ledger.acknowledged).toBeGreaterThan(100);
  }, 400_000);
});

function driving(info: StackInfo, onProgress: DriveOptions['onProgress'] = () => undefined): DriveOptions {
  return {
    connect: () => AdminClient.open({ ...info.admin, who: 'tester' }),
    feature: 'product',
    why: 'processes die meanwhile',
    onProgress,
    signal: AbortSignal.timeout(380_000),
    note: () => undefined,
  };
}

/** Kills once, at the first line of progress that has this phase. */
function killAt(phase: string, kill: () => Promise<void>) {
  let killed = false;
  return {
    killed: () => killed,
    onProgress: (line: { readonly phase: string }) => {
      if (killed || line.phase !== phase) return;
      killed = true;
      void kill();
    },
  };
}

/** Waits until writes are acknowledged again. */
async function answersAgain(traffic: Traffic): Promise<void> {
  const before = traffic.ledger.acknowledged;
  const deadline = performance.now() + 30_000;
  while (traffic.ledger.acknowledged < before + 20) {
    if (performance.now() > deadline) throw new Error('no write was acknowledged for 30 s');
    await wait(20);
  }
}
