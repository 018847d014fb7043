import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Side } from '../../../common/side.ts';
import { AdminClient } from '../../../control/api/index.ts';
import { type HandoverResult, loadConfig, startControl } from '../../../control/index.ts';
import type { DatabaseEndpoint } from '../../../mover/index.ts';
import type { BenchContext } from '../bench.ts';
import { type MoverServers, runSql } from './servers.ts';

const rowsInEach = 20;

/** A feature of many tables that a control process of its own hands over and back. */
export interface ManyTables {
  handOver(): Promise<HandoverResult>;
}

export async function startManyTables(
  context: BenchContext,
  { source, target }: MoverServers,
  count: number,
): Promise<ManyTables> {
  const tables = Array.from({ length: count }, (_, at) => `t_${String(at).padStart(4, '0')}`);
  const database = { legacy: `legacy_${count}`, service: `service_${count}`, state: `state_${count}` };
  const legacy = { ...source, database: database.legacy };
  const service = { ...target, database: database.service };
  for (const side of [legacy, service]) await makeTables(side, tables);
  await runSql(
    legacy,
    ...tables.map((table) => {
      const rows = Array.from({ length: rowsInEach }, (_, at) => `(${at}, 'row ${at}')`);
      return `INSERT INTO ${table} (amount, name) VALUES ${rows.join(', ')}`;
    }),
  );
  const address = await answering(context);
  const file = join(context.folder, `many-tables-${count}-${source.port}.config.mjs`);
  const settings = {
    databases: { legacy, service },
    state: { database: 'legacy', schema: database.state },
    legacy: { addresses: [address], database: 'legacy' },
    control: {
      listen: '127.0.0.1:0',
      tokenFile: `token-${count}-${source.port}`,
      controlLeaseMs: 10_000,
      cutover: { deadlineMs: 60_000, lockTimeoutMs: 5_000, maxTransactionMs: 60_000 },
    },
    features: {
      many: {
        service: { kind: 'http', addresses: [address] },
        database: 'service',
        tables,
        routes: { 'GET /many': {}, 'POST /many': {} },
      },
    },
  };
  await writeFile(file, `export default ${JSON.stringify(settings)};`);
  const config = await loadConfig(file);
  const control = await startControl(config);
  context.defer(() => control.stop());
  const admin = await AdminClient.open({
    url: control.url,
    tokenFile: config.control.tokenFile,
    who: 'bench',
  });
  context.defer(() => admin.close());
  const why = 'measuring';
  await admin.act('many', 'copy', { why });
  let owner: Side = 'legacy';
  return {
    async handOver() {
      // Something was carried over in each of them, and is looked at once more under the fence.
      const side = owner === 'legacy' ? legacy : service;
      await runSql(side, ...tables.map((table) => `UPDATE ${table} SET amount = amount + 1 WHERE id = 1`));
      const result = await admin.act('many', owner === 'legacy' ? 'cutover' : 'rollback', { why });
      if ('dryRun' in result) throw new Error('it was only rehearsed');
      owner = owner === 'legacy' ? 'service' : 'legacy';
      return result;
    },
  };
}

async function makeTables(endpoint: DatabaseEndpoint, tables: readonly string[]): Promise<void> {
  const server = { ...endpoint, database: 'banyan' };
  await runSql(server, `CREATE DATABASE ${endpoint.database}`);
  await runSql(
    endpoint,
    ...tables.map(
      (table) => `CREATE TABLE ${table} (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
        amount INT NOT NULL, name VARCHAR(40) NOT NULL, KEY ${table}_amount (amount))`,
    ),
  );
}

/** The address of something that answers. */
async function answering(context: BenchContext): Promise<string> {
  const server = createServer((_request, response) => response.end('yes'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
