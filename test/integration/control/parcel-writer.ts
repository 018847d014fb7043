import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Side } from '../../../router/table/route-table.ts';
import { until } from './fixtures.ts';
import type { ParcelWorld } from './parcel-world.ts';

/** Anything that runs a write with the side that owns the rows: a router, or the rule itself. */
export interface WriteGate {
  write<T>(work: (side: Side) => Promise<T>): Promise<T>;
}

/** Writes without pause, and keeps a ledger of what was acknowledged. */
export class ParcelWriter {
  readonly acknowledged = new Map<string, { readonly side: Side; weight: string | null }>();
  readonly errors: unknown[] = [];
  /** Milliseconds that the slowest write took, parked time included. */
  slowestMs = 0;
  readonly #world: ParcelWorld;
  readonly #gate: WriteGate;
  readonly #lanes: Promise<void>[];
  #going = true;

  constructor(world: ParcelWorld, gate: WriteGate, lanes = 4) {
    this.#world = world;
    this.#gate = gate;
    this.#lanes = Array.from({ length: lanes }, () => this.#write());
  }

  /** Ends the writing and waits for the writes under way. */
  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#lanes);
  }

  async #write(): Promise<void> {
    for (let count = 0; this.#going; count++) {
      const code = randomUUID();
      const from = performance.now();
      try {
        await this.#gate.write(async (side) => {
          await this.#world.query(side, 'INSERT INTO parcels (code, weight, note) VALUES (?, 1, ?)', [
            code,
            side,
          ]);
          this.acknowledged.set(code, { side, weight: '1.000' });
        });
        await this.#gate.write(async (side) => {
          if (count % 3 === 0) {
            await this.#world.query(side, 'DELETE FROM parcels WHERE code = ?', [code]);
            this.acknowledged.set(code, { side, weight: null });
          } else {
            await this.#world.query(side, 'UPDATE parcels SET weight = 2.5 WHERE code = ?', [code]);
            this.acknowledged.set(code, { side, weight: '2.500' });
          }
        });
      } catch (error) {
        this.errors.push(error);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      this.slowestMs = Math.max(this.slowestMs, performance.now() - from);
      // Other tests share the machine.
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  }

  /** Acknowledged writes that a side does not show: the empty list is the only good answer. */
  async lostOn(side: Side): Promise<string[]> {
    const rows = await this.#world.query(
      side,
      "SELECT code, weight FROM parcels WHERE code NOT LIKE 'seed-%'",
    );
    const found = new Map(rows.map((row) => [row.code as string, row.weight as string]));
    return [...this.acknowledged].flatMap(([code, { weight }]) =>
      (found.get(code) ?? null) === weight ? [] : [`${code}: ${found.get(code)} instead of ${weight}`],
    );
  }
}

/** Stops it: no write of its failed, and each that was acknowledged is on both sides, or comes there. */
export async function endsWithNothingLost(writer: ParcelWriter): Promise<void> {
  await writer.stop();
  expect(writer.errors).toEqual([]);
  for (const side of ['legacy', 'service'] as const) {
    await until(async () => (await writer.lostOn(side)).length === 0);
  }
}
