import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { BanyanConfigInput } from '../../../control/config/config-input.ts';
import { loadConfig } from '../../../control/config/index.ts';
import { startControl } from '../../../control/index.ts';
import { runCli } from '../../../scripts/cli/main.ts';
import { BookingDesk } from '../bookings/booking-desk.ts';
import { bookingsIdl, startBookingMonolith } from '../bookings/booking-sides.ts';
import type { EngineLane } from '../databases.ts';
import { Halt } from '../halt.ts';
import { twoDatabases } from '../programs.ts';
import { ready, type Started, start } from '../stack.ts';

const root = join(import.meta.dirname, '../../..');
const serviceProgram = join(import.meta.dirname, '../bookings/booking-service-process.ts');

export interface Answer {
  readonly code: number;
  readonly text: string;
}

/** The bookings with control in this process, so that it can be stopped at a point; the service and two routers are processes of their own. */
export interface QuestionStand extends AsyncDisposable {
  readonly desks: { readonly legacy: BookingDesk; readonly service: BookingDesk };
  readonly halt: Halt;
  readonly schema: string;
  readonly folder: string;
  /** Of control, and where its token is. */
  readonly url: string;
  readonly tokenFile: string;
  /** `http://host:port` of each. */
  readonly routers: readonly string[];
  /** One command, in this process: what a terminal of so many columns shows, or a pipe. */
  cli(args: readonly string[], columns?: number): Promise<Answer>;
  /** As a machine that dies does. */
  killRouter(at: number): Promise<number>;
  killService(): Promise<void>;
  /** On the same port. `says`: whose bookings it says they all are. */
  startService(says?: string): Promise<void>;
  /** A process that stands still accepts connections, and answers nothing. */
  signalService(name: 'SIGSTOP' | 'SIGCONT'): void;
}

export async function startQuestionStand(lane: EngineLane, bookings: number): Promise<QuestionStand> {
  await using stack = new AsyncDisposableStack();
  const { schema, databases } = stack.use(await twoDatabases(lane, 'hotel', 'bookings'));
  const desks = { legacy: new BookingDesk(databases.legacy), service: new BookingDesk(databases.service) };
  stack.use(desks.legacy);
  stack.use(desks.service);
  await Promise.all([desks.legacy.createTables(), desks.service.createTables()]);
  for (let at = 0; at < bookings; at += 1) {
    await desks.legacy.book({ guest: `guest ${at}`, day: '2026-11-11', notes: at % 2 ? ['a', 'b'] : [] });
  }
  const monolith = stack.use(await startBookingMonolith(desks.legacy));
  const startService = async (port: number, says?: string) => {
    const { host, port: at, user, password, database } = databases.service;
    const asked = { database: { host, port: at, user, password, database }, port, says };
    const child = start({ env: {} }, [serviceProgram, JSON.stringify(asked)]);
    await ready(child);
    return child;
  };
  let service = await startService(0);
  const { address } = readyLine<{ address: string }>(service);
  stack.defer(async () => {
    service.kill('SIGKILL');
    await service.ended;
  });
  const folder = await mkdtemp(join(root, '.banyan', 'test-questions-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const content: BanyanConfigInput = {
    databases,
    state: { database: 'legacy', schema },
    router: {
      identity: ['header:x-client-id'],
      listen: '127.0.0.1:0',
      snapshotFile: join(folder, 'table.json'),
      // A busy machine is no reason to leave anything out here.
      shadow: { maxLagMs: 60_000, settleMs: 30_000, reportMs: 200 },
    },
    legacy: { addresses: [`http://${monolith.address}`], database: 'legacy' },
    control: {
      listen: '127.0.0.1:0',
      tokenFile: join(folder, 'token'),
      replicaLeaseMs: 4_000,
      // Nothing here is about a control process that stands still.
      controlLeaseMs: 30_000,
      // The gate asks the whole server, and other tests have transactions open on it.
      cutover: { maxTransactionMs: 600_000, deadlineMs: 60_000 },
    },
    features: {
      bookings: {
        service: { idl: bookingsIdl, name: 'BookingService', addresses: [address], protocol: 'compact' },
        database: 'service',
        tables: ['bookings', 'booking_notes'],
      },
    },
  };
  const file = join(folder, 'banyan.config.ts');
  const write = () =>
    writeFile(
      file,
      `import { defineConfig } from 'banyan';\nexport default defineConfig(${JSON.stringify(content)});\n`,
    );
  await write();
  const halt = new Halt();
  const control = await startControl(await loadConfig(file, root), { points: halt });
  stack.defer(() => control.stop());
  const routers: Started[] = [1, 2].map((one) =>
    start({ env: {} }, [
      ...['scripts/banyan.mjs', 'router', '--config', file],
      ...['--listen', '127.0.0.1:0', '--snapshot', join(folder, `table-${one}.json`)],
    ]),
  );
  stack.defer(async () => {
    for (const router of routers) router.kill('SIGTERM');
    await Promise.all(routers.map(({ ended }) => ended));
  });
  await Promise.all(routers.map(ready));
  const signal = AbortSignal.timeout(600_000);
  const env = { ...process.env, NO_COLOR: '1', BANYAN_WHO: 'tester', BANYAN_CONTROL_URL: control.url };
  const kept = stack.move();
  return {
    ...{ desks, halt, schema, folder, url: control.url, tokenFile: join(folder, 'token') },
    routers: routers.map((router) => readyLine<{ url: string }>(router).url),
    async cli(args, columns) {
      const [stdout, stderr] = [gathered(columns), gathered(columns)];
      const io = { stdout: stdout.stream, stderr: stderr.stream, env, directory: root, signal };
      const code = await runCli([...args, '--config', file], io);
      return { code, text: `${stdout.text()}${args.includes('--json') ? '' : stderr.text()}` };
    },
    async killRouter(at) {
      routers[at]!.kill('SIGKILL');
      await routers[at]!.ended;
      return routers[at]!.pid;
    },
    async killService() {
      service.kill('SIGKILL');
      await service.ended;
    },
    async startService(says) {
      service = await startService(Number(address.split(':')[1]), says);
    },
    signalService: (name) => service.kill(name),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function readyLine<T>(child: Started): T {
  const line = child
    .said()
    .split('\n')
    .find((text) => text.includes('"ready":true'))!;
  return JSON.parse(line) as T;
}

function gathered(columns: number | undefined) {
  let text = '';
  const stream = new Writable({
    write(piece, _encoding, done) {
      text += String(piece);
      done();
    },
  });
  return { stream: Object.assign(stream, columns === undefined ? {} : { columns }), text: () => text };
}
