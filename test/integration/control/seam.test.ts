import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { openSeams, seam } from '../../../control/seam/index.ts';
import { seamPrivileges } from '../../../control/store/state-privileges.ts';
import type { Side } from '../../../router/table/route-table.ts';
import { loadIdl, serve } from '../../../rpc/index.ts';
import { createAccount } from '../../support/accounts.ts';
import { describeOnEngine } from '../../support/databases.ts';
import { deferred, silent } from '../../support/router/router-stage.ts';
import { idlFiles } from '../../support/rpc/docs-idl.ts';
import { AdminClient } from './admin-client.ts';
import { createParcelWorld } from './parcel-world.ts';
import { endsWithNothingLost, ParcelWriter } from './parcel-writer.ts';

const why = 'the test says so';
const program = fileURLToPath(new URL('./seam-process.ts', import.meta.url));

/** A job in a process of its own, told line by line what to do. */
function startJob(settings: object) {
  const child = spawn(process.execPath, [program, JSON.stringify(settings)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    tell: (line: string) => child.stdin.write(`${line}\n`),
    heard: async () => JSON.parse((await lines.next()).value ?? '"ended"'),
    signal: (name: NodeJS.Signals) => child.kill(name),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
    },
  };
}

describeOnEngine('mariadb', 'seams under cutovers and rollbacks', (db) => {
  test('jobs write on the side that owns the rows, whatever happens meanwhile, and nothing is lost', async () => {
    await using world = await createParcelWorld(db, 60);
    const { state } = world.config;
    const control = await startControl(world.config);
    await using least = await createAccount(db.servers.a, seamPrivileges(state.database));
    const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
    const settings = { state: least.endpoint(state.database), leaseMs: 10_000, logger: silent };
    const link = await openSeams(settings);
    // The writer's work is told the side: its implementations differ in nothing else.
    const write = seam(
      'parcels.write',
      {
        feature: 'parcels',
        legacy: (work: (side: Side) => Promise<unknown>) => work('legacy'),
        service: (work: (side: Side) => Promise<unknown>) => work('service'),
      },
      link,
    );
    const gate = { write: write as <T>(work: (side: Side) => Promise<T>) => Promise<T> };
    const handOver = (direction: 'cutover' | 'rollback') =>
      admin.run(`/v1/features/parcels/${direction}`, { why });
    const writer = new ParcelWriter(world, gate, 4);
    await admin.run('/v1/features/parcels/copy', { why });
    for (const direction of ['cutover', 'rollback'] as const) {
      const before = writer.acknowledged.size;
      await expect.poll(() => writer.acknowledged.size).toBeGreaterThan(before + 10);
      await handOver(direction);
    }
    const { replicas } = await admin.get('/v1/status');
    expect(replicas).toMatchObject([{ replica: link.replica, kind: 'seam', services: ['parcels'] }]);
    // What is left in the monolith: seams that still call it.
    const seamsCall = async () =>
      (await admin.get('/v1/monolith')).seams.map((one: { feature: string; side: Side }) => [
        one.feature,
        one.side,
      ]);
    expect(await seamsCall()).toEqual([['parcels', 'legacy']]);
    await endsWithNothingLost(writer);
    expect(new Set([...writer.acknowledged.values()].map(({ side }) => side)).size).toBe(2);

    // A call that is under way is waited for, and one that comes meanwhile goes to the new owner.
    const [begun, finish] = [deferred(), deferred()];
    const sides: Side[] = [];
    const slow = write(async (side) => {
      sides.push(side);
      begun.resolve();
      await finish.promise;
      await world.query(side, "INSERT INTO parcels (code, weight) VALUES ('slow', 1)");
    });
    await begun.promise;
    const cutover = handOver('cutover');
    await expect.poll(() => link.table.current.features.get('parcels')?.hold).toBe(true);
    const late = write(async (side) => sides.push(side));
    await expect.poll(() => link.holds.size).toBe(1);
    finish.resolve();
    await Promise.all([slow, late, cutover]);
    expect(sides).toEqual(['legacy', 'service']);
    expect(await seamsCall()).toEqual([['parcels', 'service']]);
    expect(await world.query('service', "SELECT code FROM parcels WHERE code = 'slow'")).toHaveLength(1);

    // A process that is frozen once its call is decided: nobody waits for it beyond its lease, and its fenced write is made again, or told.
    // Where the fence refuses a service that it asks, the service says so.
    await using files = await idlFiles({ 'parcels.thrift': 'service Parcels { void add(1: string code) }' });
    const idl = files.path('parcels.thrift');
    const insert = "INSERT INTO parcels (code, weight, note) VALUES (?, 1, 'service')";
    const service = await serve({
      ...{ idl: await loadIdl(idl), service: 'Parcels', host: '127.0.0.1', port: 0 },
      handlers: { add: async (code: string) => void (await world.query('service', insert, [code])) },
    });
    await using job = startJob({
      ...{ ...settings, logger: undefined, sides: world.sides, leaseMs: 700 },
      ...{ idl, address: service.address },
    });
    expect(await job.heard()).toMatchObject({ replica: expect.stringContaining('seam:') });
    for (const [line, direction, decided, end] of [
      ['frozen', 'rollback', 'service', { decided: 'legacy' }],
      ['once late', 'cutover', 'legacy', { failed: 'BANYAN_SEAM_FENCED' }],
      ['asked frozenToo', 'rollback', 'service', { decided: 'legacy' }],
    ] as const) {
      job.tell(line);
      expect(await job.heard()).toEqual({ decided });
      job.signal('SIGSTOP');
      await handOver(direction);
      job.signal('SIGCONT');
      job.tell('go');
      expect(await job.heard()).toEqual(end);
      if (!('decided' in end)) continue;
      job.tell('go');
      expect(await job.heard()).toEqual({ done: line });
    }
    for (const side of ['legacy', 'service'] as const) {
      const sql = "SELECT code, note FROM parcels WHERE code IN ('frozen', 'late', 'frozenToo') ORDER BY id";
      const made = ['frozen', 'frozenToo'].map((code) => ({ code, note: 'legacy' }));
      await expect.poll(() => world.query(side, sql)).toEqual(made);
    }
    await service.stop();
    await link.close();
    expect(
      (await admin.get('/v1/status')).replicas.map(({ replica }: { replica: string }) => replica),
    ).not.toContain(link.replica);
    await control.stop();
  }, 300_000);
});
