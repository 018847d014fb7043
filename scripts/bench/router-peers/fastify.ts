import proxy from '@fastify/http-proxy';
import Fastify from 'fastify';

/** Fastify with @fastify/http-proxy, at its defaults. */
const [upstream = ''] = process.argv.slice(2);
const app = Fastify();
await app.register(proxy, { upstream });
console.log(`ready ${await app.listen({ port: 0, host: '127.0.0.1' })}`);
process.once('SIGTERM', () => process.exit(0));
