import { parseArgs } from 'node:util';
import { startBalancer } from './balancer.ts';

// `node scripts/stack/balancer/main.ts --port 7401 /admin=http://127.0.0.1:7412 /=http://127.0.0.1:7411`: each PREFIX=ORIGIN.
const { values, positionals } = parseArgs({
  options: { port: { type: 'string', default: '0' } },
  allowPositionals: true,
});
const origins = Object.fromEntries(
  positionals.map((given) => {
    const at = given.indexOf('=');
    return [given.slice(0, at), given.slice(at + 1)];
  }),
);
const balancer = await startBalancer({ port: Number(values.port), origins });
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void balancer.stop());
process.stdout.write(`${JSON.stringify({ ready: true, url: balancer.url, pid: process.pid })}\n`);
