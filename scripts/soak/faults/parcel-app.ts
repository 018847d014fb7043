import { createServer, type IncomingMessage } from 'node:http';
import { createPool, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import { errno, errnoOf } from '../../../mover/sql/sql-error.ts';

/**
 * Either side of the parcels, as an application of its own: `node parcel-app.ts PORT DATABASE-AS-JSON`. Each answer other
 * than 2xx says by its status whether the write may have happened: 409 certainly not (the fence), 500 perhaps.
 */
const [port, database] = process.argv.slice(2);
const pool = createPool({
  ...JSON.parse(database!),
  connectionLimit: 8,
  connectTimeout: 2_000,
  multipleStatements: false,
});

process.stdin.on('end', () => process.exit(1)).resume();

async function answer(request: IncomingMessage): Promise<readonly [status: number, body: string]> {
  const [, table, code] = (request.url ?? '').split('/');
  let body = '';
  for await (const piece of request) body += piece;
  if (table === 'events') {
    await pool.query('INSERT INTO parcel_events (parcel_code, kind) VALUES (?, ?)', [body, 'told']);
    return [201, ''];
  }
  if (request.method === 'GET') {
    const [[row]] = await pool.query<RowDataPacket[]>('SELECT weight FROM parcels WHERE code = ?', [code]);
    return row ? [200, String(Number(row.weight))] : [404, ''];
  }
  const statement = {
    POST: ['INSERT INTO parcels (weight, code) VALUES (?, ?)', 201],
    PUT: ['UPDATE parcels SET weight = ? WHERE code = ?', 200],
    DELETE: ['DELETE FROM parcels WHERE ? IS NOT NULL AND code = ?', 200],
  }[request.method ?? ''] as readonly [string, number] | undefined;
  if (statement === undefined) return [405, ''];
  const [done] = await pool.query<ResultSetHeader>(statement[0], [body || '0', code]);
  return done.affectedRows === 1 ? [statement[1], ''] : [404, ''];
}

createServer((request, response) => {
  answer(request).then(
    ([status, body]) => response.writeHead(status).end(body),
    (error: unknown) => response.writeHead(errnoOf(error) === errno.signalled ? 409 : 500).end(String(error)),
  );
}).listen(Number(port), '127.0.0.1', () => process.stdout.write('{"ready":true}\n'));
