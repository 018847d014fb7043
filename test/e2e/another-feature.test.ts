import { expect, it } from 'vitest';
import type { StatusReport } from '../../control/api/index.ts';
import type { BookingDesk, NewBooking } from '../support/bookings/booking-desk.ts';
import { startBookings } from '../support/bookings/booking-world.ts';
import { describeOnEngine, type EngineLane } from '../support/databases.ts';
import { jsonOf } from '../support/stack.ts';

interface World extends AsyncDisposable {
  readonly desks: { readonly legacy: BookingDesk; readonly service: BookingDesk };
  readonly router: string;
  /** One `banyan` command with `--json` against this world; its exit status must be 0. */
  cli(...args: string[]): Promise<Record<string, unknown>>;
}

async function startWorld(lane: EngineLane): Promise<World> {
  const world = await startBookings(lane);
  const { desks, programs } = world;
  return {
    desks,
    router: programs.router,
    cli: async (...args) => {
      const ended = await programs.banyan(...args, '--json');
      expect(ended.code, ended.stderr).toBe(0);
      return jsonOf(ended) as Record<string, unknown>;
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
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

describeOnEngine('mysql', 'a feature of another shape, by configuration alone', (lane) => {
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
    const refused = async () =>
      ((await cli('status')) as unknown as StatusReport).features.find(({ name }) => name === 'bookings')
        ?.refused;
    await expect.poll(refused).toMatchObject({ side: 'legacy', count: 1, since: expect.any(String) });
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
