import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, createGateway, type HandlerContext, serve } from 'banyan/rpc';
import { describe, expect, test } from 'vitest';
import { debianThrift } from '../../../scripts/soak/official-servers/debian-thrift.ts';
import { startChild } from '../../support/rpc/child.ts';
import { everything, everythingHandlers, everythingIdl } from '../../support/rpc/everything.ts';
import { httpInput } from '../../support/rpc/http-input.ts';

const idl = await everythingIdl();
const wires = [
  { transport: 'framed', protocol: 'binary' },
  { transport: 'framed', protocol: 'compact' },
  { transport: 'buffered', protocol: 'binary' },
  { transport: 'buffered', protocol: 'compact' },
] as const;
const service = 'EverythingService';

describe.each(wires)('officially generated code over $transport $protocol', ({ transport, protocol }) => {
  test('its server answers our client and our gateway', async () => {
    await using child = await startChild('official-server.cjs', [transport, protocol]);
    const address = child.line.replace('ready ', '');
    const client = createClient({ idl, service, addresses: [address], protocol, transport });
    const gateway = createGateway({ idl, service, client });
    expect(await client.call('ping', ['you'])).toBe('pong you');
    expect(await client.call('add', [9007199254740993n, -1])).toBe(9007199254740992n);
    expect(await client.call('isOdd', [3])).toBe(true);
    expect(await client.call('nothing', [])).toBeUndefined();
    expect(await client.call('notify', ['x'])).toBeUndefined();
    // The library's compact reader takes every bool inside a container for false.
    const value = protocol === 'compact' ? { ...everything, grid: [[false, false], []] } : everything;
    expect(await client.call('echo', [value])).toEqual(value);
    await expect(client.call('fail', ['declared'])).rejects.toMatchObject({
      exception: 'Failure',
      fields: { message: 'as declared', code: 7 },
    });
    await expect(client.call('fail', ['other'])).rejects.toMatchObject({ code: 'BANYAN_RPC_APPLICATION' });
    const calls = Array.from({ length: 50 }, (_, i) => client.call('ping', [String(i)]));
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 50 }, (_, i) => `pong ${i}`));
    const added = await gateway.invoke('add', httpInput('GET', '/add?left=9007199254740993&right=0'));
    expect(added.body?.toString()).toBe('9007199254740993');
    const failed = await gateway.invoke('fail', httpInput('GET', '/fail/x', { params: { how: 'declared' } }));
    expect(failed).toMatchObject({ status: 409 });
    expect(failed.body?.toString()).toBe('{"message":"as declared","code":7}');
    const broken = await gateway.invoke('fail', httpInput('GET', '/fail/x', { params: { how: 'x' } }));
    expect(broken).toMatchObject({ status: 500, failure: { code: 'BANYAN_RPC_APPLICATION' } });
    const fenced = await gateway.invoke('fail', httpInput('GET', '/fail/x', { params: { how: 'fenced' } }));
    expect(fenced).toMatchObject({ status: 503, failure: { code: 'BANYAN_RPC_FENCED' } });
    expect(fenced.rawHeaders.slice(0, 2)).toEqual(['Retry-After', '1']);
    await client.close();
  });

  test('its client is answered by our server', async () => {
    const server = await serve({ idl, service, handlers: everythingHandlers, host: '127.0.0.1', port: 0 });
    const port = server.address.split(':')[1]!;
    await using child = await startChild('official-client.cjs', [port, transport, protocol]);
    expect(JSON.parse(child.line)).toMatchObject({
      pong: 'pong x',
      sum: '9007199254740994',
      odd: true,
      nothing: null,
      echoed: {
        flag: true,
        medium: -5,
        big: '-9007199254740993',
        text: '한글 🙂',
        bytes: '00ff80',
        color: 40,
        tags: ['a', 'b'],
        byId: { 3: { name: 'three', count: null } },
        ratios: [0.1, -1e300],
        defaulted: 7,
      },
      declared: { message: 'as declared', code: 7 },
      undeclared: { message: 'internal error', type: 6 },
    });
    // What the official library passes on of itself, this server says of the fence, and of nothing else.
    const own = createClient({ idl, service, addresses: [server.address], protocol, transport });
    await expect(own.call('fail', ['fenced'])).rejects.toMatchObject({ code: 'BANYAN_RPC_FENCED' });
    await expect(own.call('fail', ['x'])).rejects.toThrow('failed in the service: internal error');
    await own.close();
    await server.stop();
  });
});

describe('header transport', () => {
  test('the official server answers our client', async () => {
    await using child = await startChild('official-server.cjs', ['header', 'binary']);
    const address = child.line.replace('ready ', '');
    const client = createClient({ idl, service, addresses: [address], transport: 'header' });
    expect(await client.call('ping', ['you'])).toBe('pong you');
    expect(await client.call('echo', [everything])).toEqual(everything);
    await client.close();
  });

  test.each(['binary', 'compact'] as const)('our server gets the context with %s', async (protocol) => {
    const seen: unknown[] = [];
    const handlers = {
      ...everythingHandlers,
      ping(text: string, context: HandlerContext) {
        seen.push([
          context.requestId,
          context.traceparent,
          context.identity,
          (context.remainingMs() ?? 0) > 0,
        ]);
        return text;
      },
    };
    const server = await serve({ idl, service, handlers, host: '127.0.0.1', port: 0 });
    const client = createClient({ idl, service, addresses: [server.address], transport: 'header', protocol });
    const context = { requestId: 'r-1', traceparent: '00-aa-bb-01', identity: 'user 한' };
    await client.call('ping', ['x'], { context, deadlineMs: 20_000 });
    expect(seen).toEqual([['r-1', '00-aa-bb-01', 'user 한', true]]);
    // A gateway that is handed no context takes it from the request.
    const gateway = createGateway({ idl, service, client });
    const headers = { 'X-Request-Id': 'r-2', Traceparent: '00-cc-dd-00' };
    await gateway.invoke('ping', httpInput('GET', '/ping/x', { params: { text: 'x' }, headers }));
    expect(seen[1]).toEqual(['r-2', '00-cc-dd-00', undefined, true]);
    await client.close();
    await server.stop();
  });
});

test('multiplexed services, both ways', async () => {
  await using child = await startChild('official-server.cjs', ['framed', 'binary', 'everything']);
  const address = child.line.replace('ready ', '');
  const client = createClient({
    idl,
    service,
    addresses: [address],
    multiplexed: 'everything',
    transport: 'framed',
  });
  expect(await client.call('ping', ['m'])).toBe('pong m');
  await client.close();
  const server = await serve({ idl, service, handlers: everythingHandlers, host: '127.0.0.1', port: 0 });
  const port = server.address.split(':')[1]!;
  await using other = await startChild('official-client.cjs', [port, 'framed', 'binary', 'everything']);
  expect(JSON.parse(other.line)).toMatchObject({ pong: 'pong x' });
  await server.stop();
});

const python = '/usr/bin/python3';
/** The machine's own, or Debian's package in the cache; null where there is neither, nor a way to fetch it. */
const pythonLibrary = !existsSync(python)
  ? null
  : existsSync('/usr/lib/python3/dist-packages/thrift/Thrift.py')
    ? '/usr/lib/python3/dist-packages'
    : await debianThrift('python').then((folder) => folder && join(folder, 'usr/lib/python3/dist-packages'));

describe.skipIf(pythonLibrary === null)('Python, the official library (Debian python3-thrift)', () => {
  test.each(wires)(
    'its server answers our client over $transport $protocol',
    async ({ transport, protocol }) => {
      const generated = fileURLToPath(new URL('../../support/gen/python', import.meta.url));
      await using child = await startChild(
        'python_server.py',
        [generated, pythonLibrary!, transport, protocol],
        python,
      );
      const address = child.line.replace('ready ', '');
      const client = createClient({ idl, service, addresses: [address], protocol, transport });
      expect(await client.call('echo', [everything])).toEqual(everything);
      expect(await client.call('add', [9007199254740993n, -1])).toBe(9007199254740992n);
      expect(await client.call('isOdd', [3])).toBe(true);
      expect(await client.call('nothing', [])).toBeUndefined();
      expect(await client.call('notify', ['x'])).toBeUndefined();
      await expect(client.call('fail', ['declared'])).rejects.toMatchObject({
        exception: 'Failure',
        fields: { message: 'as declared', code: 7 },
      });
      await expect(client.call('fail', ['other'])).rejects.toMatchObject({ code: 'BANYAN_RPC_APPLICATION' });
      const calls = Array.from({ length: 50 }, (_, i) => client.call('ping', [String(i)]));
      expect(await Promise.all(calls)).toEqual(Array.from({ length: 50 }, (_, i) => `pong ${i}`));
      await client.close();
    },
  );

  test.each(wires)(
    'its client is answered by our server over $transport $protocol',
    async ({ transport, protocol }) => {
      const server = await serve({ idl, service, handlers: everythingHandlers, host: '127.0.0.1', port: 0 });
      const port = server.address.split(':')[1]!;
      const generated = fileURLToPath(new URL('../../support/gen/python', import.meta.url));
      await using child = await startChild(
        'python_client.py',
        [generated, pythonLibrary!, port, transport, protocol],
        python,
      );
      expect(JSON.parse(child.line)).toEqual({
        same: true,
        pong: 'pong py',
        sum: 9007199254740994,
        declared: ['as declared', 7],
        undeclared: 6,
      });
      await server.stop();
    },
  );
});
