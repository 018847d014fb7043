import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type LambdaHandler, startLambdaEndpoint } from './lambda-endpoint.ts';

// `node scripts/local-aws/lambda.ts --port 7441 benefits=extracted/bm/lambda.ts …`: Lambda's Invoke on 127.0.0.1, for functions of this
// repository: each NAME=FILE is a module that exports `handler`. `--first FILE` runs a module before it listens.
const { values, positionals } = parseArgs({
  options: { port: { type: 'string', default: '0' }, first: { type: 'string' } },
  allowPositionals: true,
});

const load = (file: string) => import(pathToFileURL(resolve(file)).href);
if (values.first !== undefined) await load(values.first);
const functions: Record<string, { handler: LambdaHandler }> = {};
for (const given of positionals) {
  const [, name, file] = /^([\w-]+)=(.+)$/.exec(given) ?? [];
  if (name === undefined || file === undefined) throw new Error(`${given} is no NAME=FILE`);
  const module = (await load(file)) as { handler: LambdaHandler };
  functions[name] = { handler: module.handler };
}
const endpoint = await startLambdaEndpoint({ functions, port: Number(values.port) });
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void endpoint.close());
process.stdout.write(`${JSON.stringify({ ready: true, url: endpoint.url, pid: process.pid })}\n`);
