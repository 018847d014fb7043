import { expect, test } from 'vitest';
import { startControl } from '../../../control/index.ts';
import { describeEachEngine } from '../../support/databases.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';
import { createParcelWorld, openSides, type ParcelWorld } from './parcel-world.ts';

const why = 'the test says so';
const at = (action: string) => `/v1/features/parcels/${action}`;

/** The state store's own tables, kept and put back: the mover's books beside them stay as they are. */
class KeptStore {
  readonly #world: ParcelWorld;
  readonly #schema: string;

  constructor(world: ParcelWorld) {
    this.#world = world;
    this.#schema = world.config.state.database;
  }

  async keep(): Promise<void> {
    for (const table of await this.#tables()) {
      const copy = `${this.#schema}.kept_${table}`;
      await this.#world.query(
        'legacy',
        `DROP TABLE IF EXISTS ${copy}; CREATE TABLE ${copy} LIKE ${this.#schema}.${table}; INSERT INTO ${copy} SELECT * FROM ${this.#schema}.${table}`,
      );
    }
  }

  /** At one instant. Numbers are given out again that were given out since: as after a restore. */
  async putBack(): Promise<void> {
    const tables = await this.#tables();
    const place = (table: string) => `${this.#schema}.${table}`;
    const locks = tables.map((table) => `${place(table)} WRITE, ${place(`kept_${table}`)} READ`);
    const copies = tables.map(
      (table) =>
        `TRUNCATE TABLE ${place(table)}; INSERT INTO ${place(table)} SELECT * FROM ${place(`kept_${table}`)}`,
    );
    await this.#world.query('legacy', `LOCK TABLES ${locks.join(', ')}; ${copies.join('; ')}; UNLOCK TABLES`);
  }

  async #tables(): Promise<string[]> {
    const rows = await this.#world.query(
      'legacy',
      `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME LIKE 'state\\_%'`,
      [this.#schema],
    );
    return rows
      .map(({ name }) => name)
      .filter((name) => name !== 'state_replicas' && name !== 'state_leases');
  }
}

describeEachEngine('a state store that alone was restored from a backup', (db) => {
  test('opens nothing, is named with its cure, and takes what the databases say', async () => {
    await using world = await createParcelWorld(db, 20);
    const kept = new KeptStore(world);
    let afterHold = () => kept.keep();
    const start = async () => {
      const control = await startControl(world.config, {
        points: { reach: (point) => (point === 'cutover:after-hold' ? afterHold() : undefined) },
      });
      const admin = await AdminClient.open(control.url, world.config.control.tokenFile);
      const feature = async () => (await admin.get('/v1/status')).features[0];
      return { control, admin, feature };
    };
    let { control, admin, feature } = await start();
    await admin.run(at('copy'), { why });
    await admin.run(at('cutover'), { why });
    afterHold = async () => {};
    await world.query('service', "INSERT INTO parcels (code, weight) VALUES ('service', 1)");
    await control.stop();
    await kept.putBack();

    // By what the store says a cutover is under way that nobody has decided: to take it back would open legacy too.
    ({ control, admin, feature } = await start());
    await until(async () => (await feature()).failing !== null);
    expect(await feature()).toMatchObject({
      stage: 'cutting_over',
      failing: { code: 'BANYAN_STATE_RESTORED', fix: expect.stringContaining('banyan resume parcels') },
    });
    expect(await openSides(world)).toEqual(['service']);
    for (const action of ['rollback', 'repair', 'abandon']) {
      await expect(admin.run(at(action), { why })).rejects.toBeDefined();
    }
    await expect(admin.run(at('abandon'), { why, clean: true })).rejects.toMatchObject({
      code: 'BANYAN_STATE_RESTORED',
    });
    expect(await openSides(world)).toEqual(['service']);
    expect((await admin.post(at('resume'), { why })).body).toMatchObject({ stage: 'extracted' });
    await until(async () => (await feature()).otherSide === 'current');
    expect(await feature()).toMatchObject({ stage: 'extracted', failing: null, handover: null });
    expect(await openSides(world)).toEqual(['service']);
    expect((await admin.post(at('resume'), { why, owner: 'legacy' })).status).toBe(400);

    if (db.engine === 'mysql') {
      // Under a control process that runs: what it has read in the store by itself is not there any more.
      await kept.keep();
      await admin.run(at('rollback'), { why });
      await world.query('legacy', "INSERT INTO parcels (code, weight) VALUES ('legacy', 1)");
      await kept.putBack();
      await until(async () => (await feature()).failing?.code === 'BANYAN_STATE_RESTORED');
      expect((await feature()).stage).toBe('extracted');
      await expect(admin.run(at('rollback'), { why })).rejects.toMatchObject({ code: 'BANYAN_GATE_CLOSED' });
      expect(await openSides(world)).toEqual(['legacy']);
      expect((await admin.post(at('resume'), { why })).body).toMatchObject({ stage: 'syncing' });
      await until(async () => (await feature()).otherSide === 'current');
      expect((await admin.run(at('verify'), { why })).result).toMatchObject({ different: 0, unsettled: 0 });
      for (const side of ['legacy', 'service'] as const) {
        const rows = await world.query(side, "SELECT code FROM parcels WHERE code IN ('legacy', 'service')");
        expect(rows).toHaveLength(2);
      }
      await control.stop();
      return;
    }

    // Where its owner is the databases' too, nobody need be asked.
    const adoptions = async () => {
      const entries: { action: string }[] = await admin.get('/v1/audit?feature=parcels&limit=100');
      return entries.filter(({ action }) => action === 'took what the databases say').length;
    };
    const told = async () => {
      const [row] = await world.query(
        'service',
        `SELECT entry FROM ${world.config.state.database}.mover_marks`,
      );
      return Number(row!.entry);
    };
    const before = await adoptions();
    await kept.keep();
    const entry = await told();
    await admin.post(at('pause'), { why });
    await admin.post(at('resume'), { why });
    await until(async () => (await told()) > entry);
    await kept.putBack();
    await until(async () => (await adoptions()) > before);
    await until(async () => (await feature()).otherSide === 'current');
    expect(await openSides(world)).toEqual(['service']);

    // Both take writes, by somebody's hand: only a person can say who owns the rows.
    await kept.keep();
    await admin.run(at('rollback'), { why });
    await control.stop();
    await kept.putBack();
    await world.query('service', `UPDATE ${world.config.state.database}.fences SET closed = 0`);
    ({ control, admin, feature } = await start());
    await until(async () => (await feature()).failing?.code === 'BANYAN_STATE_RESTORED');
    expect((await admin.post(at('resume'), { why })).body).toMatchObject({
      error: { code: 'BANYAN_OWNER_UNCLEAR' },
    });
    expect((await admin.post(at('resume'), { why, owner: 'legacy' })).body).toMatchObject({
      stage: 'syncing',
    });
    await until(async () => (await feature()).otherSide === 'current');
    expect(await openSides(world)).toEqual(['legacy']);
    await control.stop();
  });
});
