import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import dynalite from 'dynalite';

// `node scripts/local-aws/dynamodb.ts --port 7442 --path FOLDER`: DynamoDB's protocol on 127.0.0.1 (dynalite). What is written stays in
// the folder, also when the process is killed; without one it is gone at the end.
const { values } = parseArgs({
  options: { port: { type: 'string', default: '0' }, path: { type: 'string' } },
});

const server = dynalite({
  ...(values.path !== undefined && { path: values.path }),
  createTableMs: 0,
  deleteTableMs: 0,
  updateTableMs: 0,
});
server.listen(Number(values.port), '127.0.0.1');
await once(server, 'listening');
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}
const { port } = server.address() as AddressInfo;
process.stdout.write(
  `${JSON.stringify({ ready: true, url: `http://127.0.0.1:${port}`, pid: process.pid })}\n`,
);
