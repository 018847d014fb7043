import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { expect, it } from 'vitest';
import { freePorts } from '../../scripts/servers/index.ts';
import { BookingDesk, type NewBooking } from '../support/bookings/booking-desk.ts';
import { bookingsIdl, startBookingMonolith, startBookingService } from '../support/bookings/booking-sides.ts';
import { describeEachEngine, type EngineLane, type TestDatabase } from '../support/databases.ts';
import { banyan, jsonOf, type Started, start } from '../support/stack.ts';

const root = join(import.meta.dirname, '../..');

interface World extends AsyncDisposable {
  readonly desks: { readonly legacy: BookingDesk; readonly service: BookingDesk };
  readonly router: string;
  /** One `banyan` command with `--json` against this world; its exit status must be 0. */
  cli(...args: string[]): Promise<Record<string, unknown>>;
}

/** Both sides, a control and a router process: of banyan's own programs only a config file is different. */
async function startWorld(lane: EngineLane): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const folder = join(root, '.banyan', `test-bookings-${randomBytes(4).toString('hex')}`);
  await mkdir(folder, { recursive: true });
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const databases = {
    legacy: await lane.createDatabase('a', 'hotel'),
    service: await lane.createDatabase('b', 'bookings'),
  };
  stack.use(databases.legacy);
  stack.use(databases.service);
  const schema = `banyan_${randomBytes(4).toString('hex')}`;
  stack.defer(() => dropSchema(schema, Object.values(databases)));

  const desks = { legacy: new BookingDesk(databases.legacy), service: new BookingDesk(databases.service) };
  stack.use(desks.legacy);
  stack.use(desks.service);
  await Promise.all([desks.legacy.createTables(), desks.service.createTables()]);
  const monolith = stack.use(await startBookingMonolith(desks.legacy));
  const service = stack.use(await startBookingService(desks.service));

  const [routerPort, controlPort] = await freePorts(2);
  const config = join(folder, 'banyan.config.ts');
  // The gate asks the whole server, and other tests have transactions open on it.
  const cutover = { maxTransactionMs: 600_000 };
  const content = {
    databases,
    state: { database: 'legacy', schema },
    legacy: { addresses: [`http://${monolith.address}`], database: 'legacy' },
    router: { listen: `127.0.0.1:${routerPort}`, snapshotFile: join(folder, 'table.json') },
    control: { listen: `127.0.0.1:${controlPort}`, tokenFile: join(folder, 'token'), cutover },
    features: {
      bookings: {
        service: {
          idl: bookingsIdl,
          name: 'BookingService',
          addresses: [service.address],
          protocol: 'compact',
        },
        database: 'service',
        tables: ['bookings', 'booking_notes'],
      },
    },
  };
  await writeFile(
    config,
    `import { defineConfig } from 'banyan';\nexport default defineConfig(${JSON.stringify(content)});\n`,
  );

  const place = { env: { BANYAN_WHO: 'tester' } };
  for (const program of ['control', 'router']) {
    const child = start(place, [join(root, 'scripts/banyan.mjs'), program, '--config', config]);
    stack.defer(async () => {
      child.kill('SIGTERM');
      await child.ended;
    });
    await ready(child);
  }
  const kept = stack.move();
  return {
    desks,
    router: `http://127.0.0.1:${routerPort}`,
    cli: async (...args) => {
      const ended = await banyan(place, ...args, '--config', config, '--json');
      expect(ended.code, ended.stderr).toBe(0);
      return jsonOf(ended) as Record<string, unknown>;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function ready(child: Started): Promise<void> {
  const ended = child.ended.then(() => Promise.reject(new Error(child.said())));
  ended.catch(() => {});
  while (!child.said().includes('"ready":true')) await Promise.race([wait(20), ended]);
}

async function dropSchema(schema: string, databases: readonly TestDatabase[]): Promise<void> {
  for (const { host, port, user, password } of databases) {
    const connection = await mysql.createConnection({ host, port, user, password });
    await connection.query('DROP DATABASE IF EXISTS ??', [schema]);
    await connection.end();
  }
}

/** A client that books and cancels without a pause, and remembers what it was told. */
class Guest {
  readonly booked = new Map<number, NewBooking>();
  readonly cancelled = new Set<number>();
  readonly #router: string;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(router: string, name: string) {
    this.#router = router;
    this.#running = this.#run(name);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(name: string): Promise<void> {
    for (let turn = 0; !this.#stopping.signal.aborted; turn += 1) {
      const asked = {
        guest: `${name} 손님 ${turn}`,
        day: '2026-12-24',
        seats: turn % 3 === 0 ? null : turn % 9,
        notes: [`첫 줄 ${turn} 🛎️`],
      };
      const made = await fetch(`${this.#router}/v2/bookings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(asked),
      });
      const text = await made.text();
      expect(made.status, text).toBe(201);
      const { number } = JSON.parse(text);
      this.booked.set(number, asked);
      if (turn % 4 === 0) {
        const gone = await fetch(`${this.#router}/v2/bookings/${number}`, { method: 'DELETE' });
        expect(gone.status, await gone.text()).toBe(204);
        this.cancelled.add(number);
      }
    }
  }
}

describeEachEngine('a feature of another shape, by configuration alone', (lane) => {
  it('moves out under writes, comes back and moves out again, and nothing is lost', async () => {
    await using world = await startWorld(lane);
    const { desks, router, cli } = world;
    for (let at = 0; at < 200; at += 1) {
      await desks.legacy.book({
        guest: `guest ${at}`,
        day: `2026-11-${10 + (at % 20)}`,
        notes: at % 2 ? ['a', 'b'] : [],
      });
    }
    const seeded = (await desks.legacy.everything())[0]!.length;
    await cli('check');
    const guests = ['kim', 'lee'].map((name) => new Guest(router, name));
    await cli('copy', 'bookings', '--why', 'the desk gets a house of its own');
    expect(await cli('verify', 'bookings')).toMatchObject({ different: 0 });
    await cli('canary', 'bookings', '--percent', '100', '--why', 'try');
    const before = await fetch(`${router}/v2/bookings?day=2026-11-11`).then((response) => response.text());
    expect(before).toBe(JSON.stringify(await desks.legacy.onDay('2026-11-11')));

    const owners: string[] = [];
    for (const step of ['cutover', 'rollback', 'cutover']) {
      expect(await cli(step, 'bookings', '--why', 'as planned')).toMatchObject({ direction: step });
      const { body } = await fetch(`${router}/v2/bookings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ guest: `after ${step} ${owners.length}`, day: '2027-01-01', notes: [] }),
      }).then(async (response) => ({ body: (await response.json()) as { number: number } }));
      // The side that has it at once is the owner; the other one is told by the move.
      owners.push((await desks.service.find(body.number)) ? 'service' : 'legacy');
    }
    await Promise.all(guests.map((guest) => guest.stop()));
    // While the service owns the rows, the monolith's database refuses it.
    await expect(desks.legacy.book({ guest: 'stray', day: '2027-02-02', notes: [] })).rejects.toMatchObject({
      sqlState: '45000',
    });
    expect(owners.filter((_, at) => at !== 1)).toEqual(['service', 'service']);

    expect(await cli('verify', 'bookings')).toMatchObject({ different: 0 });
    const [inService, inLegacy] = await Promise.all([desks.service.everything(), desks.legacy.everything()]);
    expect(inLegacy).toEqual(inService);
    const numbers = new Set(inService[0]!.map((row) => row.number));
    for (const guest of guests) {
      expect(guest.booked.size).toBeGreaterThan(20);
      for (const number of guest.booked.keys())
        expect(numbers.has(number)).toBe(!guest.cancelled.has(number));
    }
    const told = guests.reduce((sum, guest) => sum + guest.booked.size - guest.cancelled.size, 0);
    expect(numbers.size).toBe(seeded + told + owners.length);
    expect(await fetch(`${router}/about`).then((response) => response.json())).toEqual({ by: 'monolith' });
  });
});
