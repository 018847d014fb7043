import { Agent } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';

/** Express with http-proxy-middleware, as its readme shows it, with connections kept alive. */
const [upstream = ''] = process.argv.slice(2);
const app = express();
app.use(createProxyMiddleware({ target: upstream, agent: new Agent({ keepAlive: true }), xfwd: true }));
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`ready http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.once('SIGTERM', () => process.exit(0));
