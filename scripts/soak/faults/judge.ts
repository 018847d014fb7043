import { setTimeout as wait } from 'node:timers/promises';
import type { RowDataPacket } from 'mysql2/promise';
import type { Side } from '../../../common/side.ts';
import { isTableMissing } from '../../../common/table-missing.ts';
import { errno, errnoOf } from '../../../mover/sql/sql-error.ts';
import type { World } from './world.ts';

/** The sides whose database takes a write of the application's at this moment. */
export async function openSides(world: World): Promise<Side[]> {
  const open: Side[] = [];
  for (const side of ['legacy', 'service'] as const) {
    try {
      await world.databases[side].query("INSERT INTO parcels (code, weight) VALUES ('probe', 1)", [], side);
      await world.databases[side].query("DELETE FROM parcels WHERE code = 'probe'", [], side);
      open.push(side);
    } catch (error) {
      // Refused by the fence; or the table has another name since the end of the move.
      if (errnoOf(error) !== errno.signalled && !isTableMissing(error)) throw error;
    }
  }
  return open;
}

/** What a side's rows say against the ledger, one line for each finding. Traffic has stopped. */
export async function againstLedger(world: World, side: Side): Promise<string[]> {
  const { traffic, databases } = world;
  const weights = new Map(
    (await databases[side].query("SELECT code, weight FROM parcels WHERE code LIKE 't-%'", [], side)).map(
      (row) => [String(row.code), Number(row.weight)],
    ),
  );
  const told = new Map<string, number>();
  for (const row of await databases[side].query('SELECT parcel_code AS token FROM parcel_events', [], side)) {
    told.set(String(row.token), (told.get(String(row.token)) ?? 0) + 1);
  }
  const findings: string[] = [];
  for (const [code, possible] of traffic.parcels) {
    const found = weights.get(code) ?? null;
    if (!possible.includes(found))
      findings.push(`${side}: ${code} is ${found}, not ${possible.join(' or ')}`);
  }
  for (const [token, acknowledged] of traffic.events) {
    const times = told.get(token) ?? 0;
    if (times > 1 || (acknowledged && times !== 1))
      findings.push(`${side}: event ${token} is there ${times} times`);
  }
  for (const key of [...weights.keys(), ...told.keys()]) {
    if (traffic.forgotten.has(key)) findings.push(`${side}: ${key} is back after it was deleted`);
  }
  return findings;
}

/**
 * Takes away, at the owner, the rows that were judged: banyan carries that over like any other write, and a world that goes
 * through hundreds of cells does not compare more rows at each. Traffic has stopped.
 */
export async function forgetRows({ traffic, databases }: World, side: Side): Promise<void> {
  await databases[side].query("DELETE FROM parcels WHERE code LIKE 't-%'", [], side);
  await databases[side].query('DELETE FROM parcel_events', [], side);
  traffic.forget();
}

async function rowsOf(world: World, side: Side): Promise<string[]> {
  const text = (rows: readonly RowDataPacket[]) => rows.map((row) => JSON.stringify(row));
  const database = world.databases[side];
  return [
    ...text(await database.query('SELECT * FROM parcels ORDER BY id', [], side)),
    ...text(await database.query('SELECT * FROM parcel_events ORDER BY id', [], side)),
  ];
}

/** Nothing lost or doubled on either side, and both alike: the non-owner may take `withinMs` to catch up. */
export async function judgeRows(world: World, owner: Side, withinMs: number): Promise<string[]> {
  const findings = await againstLedger(world, owner);
  const other = owner === 'legacy' ? 'service' : 'legacy';
  const end = performance.now() + withinMs;
  for (;;) {
    const [mine, others] = [await rowsOf(world, owner), await rowsOf(world, other)];
    const held = new Set(others);
    const missing = mine.filter((row) => !held.has(row)).slice(0, 1);
    if (mine.length === others.length && missing.length === 0) break;
    if (performance.now() > end) {
      findings.push(
        `${other} has ${others.length} rows and ${owner} ${mine.length}${missing[0] ? `; ${other} lacks ${missing[0]}` : ''}`,
      );
      break;
    }
    await wait(200);
  }
  return findings;
}
