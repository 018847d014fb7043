import { createRequire } from 'node:module';
import { runCalls } from './run-calls.ts';

interface OfficialConnection {
  end(): void;
}
interface OfficialThrift {
  createConnection(host: string, port: number, options: object): OfficialConnection;
  createClient(
    service: unknown,
    connection: OfficialConnection,
  ): { getItem(id: number): Promise<{ sku: string }> };
  readonly TFramedTransport: unknown;
  readonly TBinaryProtocol: unknown;
}

/** Calls through the official client and officially generated code, on one connection. */
const require = createRequire(import.meta.url);
const thrift = require('thrift') as OfficialThrift;
const [address = '', seconds = '1'] = process.argv.slice(2);
const [host = '', port = ''] = address.split(':');
const connection = thrift.createConnection(host, Number(port), {
  transport: thrift.TFramedTransport,
  protocol: thrift.TBinaryProtocol,
});
const client = thrift.createClient(require('./gen/Catalog.js'), connection);
await runCalls(Number(seconds), async (id) => (await client.getItem(id)).sku);
connection.end();
