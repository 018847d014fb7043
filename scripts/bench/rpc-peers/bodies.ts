import { fileURLToPath } from 'node:url';
import { createGateway, loadIdl } from 'banyan/rpc';
import { page } from './items.ts';
import { loopbackClient } from './loopback-client.ts';

/**
 * JSON bodies there and back in this process, in MB of the body a second: through the gateway (JSON to Thrift, and the same Thrift
 * to JSON), with and without `api.raw_json` fields, or through JSON.parse and JSON.stringify. Beside it for how long a MB holds the
 * event loop, there and back: large requests are read in another thread.
 */
const [which = '', seconds = '1'] = process.argv.slice(2);
const sizes = { '1kB': 2, '100kB': 165, '4MB': 6_600, '16MB': 26_400 };

async function throughGateway(method: string): Promise<(body: Buffer) => Promise<Buffer>> {
  const idl = await loadIdl(fileURLToPath(new URL('bodies.thrift', import.meta.url)));
  const gateway = createGateway({
    idl,
    service: 'Bodies',
    client: loopbackClient(idl),
    maxBodyBytes: 64 * 1024 * 1024,
  });
  const rawHeaders = ['Content-Type', 'application/json'];
  return async (body) => {
    const input = { method: 'POST', path: `/${method}`, params: {}, query: '', rawHeaders, body };
    const output = await gateway.invoke(method, input);
    if (output.status !== 200) throw new Error(String(output.body));
    return output.body as Buffer;
  };
}

const parseAndPrint = async (body: Buffer): Promise<Buffer> =>
  Buffer.from(JSON.stringify(JSON.parse(body.toString())));

const once = which === 'parse' ? parseAndPrint : await throughGateway(which);
const figures: Record<string, number> = {};
for (const [name, items] of Object.entries(sizes)) {
  const body = Buffer.from(JSON.stringify(page(items)));
  if (!(await once(body)).equals(body)) throw new Error('a wrong answer');
  const measure = async (forSeconds: number) => {
    const began = performance.now();
    const usage = process.threadCpuUsage();
    let rounds = 0;
    while (performance.now() < began + forSeconds * 1_000) {
      for (let i = 0; i < Math.max(1, 200_000 / body.length); i++, rounds++) await once(body);
    }
    const megabytes = (rounds * body.length) / 1_000_000;
    const elapsedMs = performance.now() - began;
    const { user, system } = process.threadCpuUsage(usage);
    return { perSecond: (megabytes * 1_000) / elapsedMs, heldMs: (user + system) / 1_000 / megabytes };
  };
  await measure(Number(seconds) / 3);
  const { perSecond, heldMs } = await measure(Number(seconds));
  figures[`mbPerSecond${name}`] = Math.round(perSecond * 10) / 10;
  figures[`heldMsPerMb${name}`] = Math.round(heldMs * 10) / 10;
}
console.log(JSON.stringify(figures));
