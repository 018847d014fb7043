import { createClient, loadIdl, serve, ThriftException } from 'banyan/rpc';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { idlFiles } from '../../support/rpc/docs-idl.ts';
import { recordingTracer } from '../../support/rpc/recording-tracer.ts';

const idlText = `
exception Gone { 1: string why }
service Work {
  i32 twice(1: i32 n)
  void fail(1: bool declared) throws (1: Gone gone)
  void wait()
}`;

async function start(options: { readonly drainMs?: number; readonly check?: () => Promise<void> } = {}) {
  await using files = await idlFiles({ 'work.thrift': idlText });
  const idl = await loadIdl(files.path('work.thrift'));
  const metrics = new Registry();
  const { tracer, spans } = recordingTracer();
  const waiting = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  const shared = { idl, service: 'Work', metrics, tracer };
  const server = await serve({
    ...shared,
    host: '127.0.0.1',
    port: 0,
    health: { host: '127.0.0.1', port: 0, ...options },
    handlers: {
      twice: (n: number) => 2 * n,
      fail(declared: boolean) {
        throw declared ? new ThriftException('Gone', { why: 'x' }) : new Error('secret');
      },
      wait() {
        began.resolve();
        return waiting.promise;
      },
    },
  });
  const client = createClient({ ...shared, addresses: [server.address], transport: 'header' });
  return { server, client, metrics, spans, waiting, began: began.promise };
}

async function health(url: string, path = '/healthz'): Promise<string> {
  const reply = await fetch(url + path);
  return `${reply.status} ${await reply.text()}`;
}

test('calls are counted by method and outcome on both sides, and served with the health', async () => {
  const { server, client, waiting, began } = await start();
  await client.call('twice', [4]);
  await client.call('twice', [5]);
  await expect(client.call('fail', [true])).rejects.toThrow(ThriftException);
  await expect(client.call('fail', [false])).rejects.toThrow(/internal error/);
  const pending = client.call('wait', []);
  await began;
  const during = await health(server.healthUrl!, '/metrics');
  for (const line of [
    'banyan_rpc_server_calls_total{service="Work",method="twice",outcome="ok"} 2',
    'banyan_rpc_server_calls_total{service="Work",method="fail",outcome="exception"} 1',
    'banyan_rpc_server_calls_total{service="Work",method="fail",outcome="error"} 1',
    'banyan_rpc_client_calls_total{service="Work",method="fail",outcome="BANYAN_RPC_APPLICATION"} 1',
    'banyan_rpc_server_call_seconds_count{service="Work",method="twice"} 2',
    'banyan_rpc_client_call_seconds_count{service="Work",method="twice"} 2',
    'banyan_rpc_server_calls_in_flight{service="Work"} 1',
    'banyan_rpc_client_calls_in_flight{service="Work"} 1',
  ]) {
    expect(during).toContain(`${line}\n`);
  }
  waiting.resolve();
  await pending;
  const after = await health(server.healthUrl!, '/metrics');
  expect(after).toContain('banyan_rpc_server_calls_in_flight{service="Work"} 0\n');
  expect(after).toContain('banyan_rpc_client_calls_in_flight{service="Work"} 0\n');
  await client.close();
  await server.stop();
});

test('health is 503 before the last call is refused, and while the check fails', async () => {
  let broken = true;
  const check = async () => {
    if (broken) throw new Error('no database');
  };
  const { server, client, waiting, began } = await start({ drainMs: 2_000, check });
  const url = server.healthUrl!;
  expect(await health(url)).toBe('503 no database\n');
  broken = false;
  expect(await health(url)).toBe('200 serving\n');
  expect((await fetch(`${url}/healthz`, { method: 'POST' })).status).toBe(405);
  expect(await health(url, '/else')).toMatch(/^404/);

  const pending = client.call('wait', []);
  await began;
  const stopped = server.stop();
  expect(await health(url)).toBe('503 draining\n');
  // New connections still get in while balancers look away.
  const late = createClient({ idl: client.idl, service: 'Work', addresses: [server.address] });
  expect(await late.call('twice', [1])).toBe(2);
  waiting.resolve();
  await Promise.all([pending, stopped]);
  await expect(fetch(url)).rejects.toThrow();
  await late.close();
  await client.close();
});

test('spans: the client’s under the caller’s trace, the server’s under the client’s', async () => {
  const { server, client, spans } = await start();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await client.call('twice', [4], { context: { traceparent, requestId: 'r' } });
  await expect(client.call('fail', [true])).rejects.toThrow();
  await expect(client.call('fail', [false])).rejects.toThrow();
  await client.close();
  await server.stop();
  const [client1, server1] = spans;
  expect(client1).toMatchObject({ name: 'Work/twice', kind: 2, parent: 'b7ad6b7169203331', isError: false });
  expect(server1).toMatchObject({ name: 'Work/twice', kind: 1, parent: client1!.spanId });
  expect(server1!.attributes).toEqual({
    ...{
      'rpc.system': 'apache_thrift',
      'rpc.service': 'Work',
      'rpc.method': 'twice',
      'banyan.outcome': 'ok',
    },
  });
  expect(spans.slice(2).map((one) => [one.kind, one.attributes['banyan.outcome'], one.isError])).toEqual([
    [2, 'exception', false],
    [1, 'exception', false],
    [2, 'BANYAN_RPC_APPLICATION', true],
    [1, 'error', true],
  ]);
  expect(spans.every((one) => one.hasEnded)).toBe(true);
});
