import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deferred, feature, nowhere, startStage, table } from '../../support/router/router-stage.ts';
import { startWires, Wire } from '../../support/router/wire.ts';

let legacy: Awaited<ReturnType<typeof startWires>>;
let stage: Awaited<ReturnType<typeof startStage>>;

beforeAll(async () => {
  legacy = await startWires();
  stage = await startStage(legacy.url, { timeouts: { continueMs: 10_000 } });
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
  await legacy[Symbol.asyncDispose]();
});
beforeEach(() => legacy.clear());

const ask = (length: number, target = '/up') =>
  `POST ${target} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const go = 'HTTP/1.1 100 Continue\r\n\r\n';

describe('Expect: 100-continue', () => {
  it('goes to the monolith, whose 100 goes to the client, and only then does the body go', async () => {
    const client = Wire.to(stage.port);
    client.write(ask(4));
    const monolith = await legacy.nth(0);
    await monolith.has('\r\n\r\n');
    expect(monolith.text).toContain('Expect: 100-continue\r\n');
    expect(client.text).toBe('');
    monolith.write(go);
    await client.has('\r\n\r\n');
    expect(client.text).toBe(go);
    expect(monolith.text).toMatch(/\r\n\r\n$/);
    client.write('body');
    await monolith.has('\r\n\r\nbody');
    monolith.write(ok);
    await client.has('\r\n\r\nok');
    // Both connections serve on.
    client.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
    await monolith.has('GET /next');
    expect(legacy.wires).toHaveLength(1);
    client.socket.destroy();
  });

  it('keeps back a body that came unasked', async () => {
    const client = Wire.to(stage.port);
    client.write(`${ask(4)}body`);
    const monolith = await legacy.nth(0);
    await monolith.has('\r\n\r\n');
    await delay(30);
    expect(monolith.text).not.toContain('body');
    monolith.write(go);
    await monolith.has('\r\n\r\nbody');
    monolith.write(ok);
    await client.has('ok');
    client.socket.destroy();
  });

  it('and a 100 in one piece with the answer: in that order', async () => {
    const client = Wire.to(stage.port);
    client.write(ask(4));
    const monolith = await legacy.nth(0);
    await monolith.has('\r\n\r\n');
    monolith.write(go + ok);
    await client.has('ok');
    expect(client.text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    expect(client.text.match(/ 100 /g)).toHaveLength(1);
    // The upload is not whole: what follows on the monolith's connection could not be a request.
    await expect.poll(() => monolith.ended).toBe(true);
    client.socket.destroy();
  });

  it.for(['401 Unauthorized', '413 Content Too Large', '417 Expectation Failed'])(
    'may be refused by the head alone with %s: no body is sent, none is taken for a request',
    async (status) => {
      const client = Wire.to(stage.port);
      client.write(ask(200));
      const monolith = await legacy.nth(0);
      await monolith.has('\r\n\r\n');
      monolith.write(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nno`);
      // Whether the client sends its body after all or not: what comes is never another request.
      client.write('GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n');
      await client.isClosed();
      expect(client.text.startsWith(`HTTP/1.1 ${status}\r\n`)).toBe(true);
      expect(client.text).toContain('Connection: close\r\n');
      expect(client.text.endsWith('\r\n\r\nno')).toBe(true);
      await expect.poll(() => monolith.ended).toBe(true);
      expect(monolith.text).toMatch(/\r\n\r\n$/);
      expect(legacy.wires.map((wire) => wire.text).join('')).not.toContain('smuggled');
      await expect.poll(() => stage.router.activity.requests).toBe(0);
    },
  );

  it('refused by the head of a long answer: the body stays unsent however long that takes', async () => {
    // Long enough for the head to come before it on a busy machine.
    const continueMs = 1_500;
    await using impatient = await startStage(legacy.url, { timeouts: { continueMs } });
    const client = Wire.to(impatient.port);
    client.write(`${ask(4)}body`);
    const monolith = await legacy.nth(0);
    await monolith.has('\r\n\r\n');
    monolith.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nn');
    await client.has('\r\n\r\nn');
    await delay(continueMs + 100);
    monolith.write('o');
    await client.isClosed();
    expect(client.text.endsWith('\r\n\r\nno')).toBe(true);
    expect(client.text).not.toContain('100 Continue');
    expect(monolith.text).not.toContain('body');
  });

  it('granted, and answered before the body is whole: the rest is read, and the connection serves on', async () => {
    const client = Wire.to(stage.port);
    client.write(ask(8));
    const monolith = await legacy.nth(0);
    await monolith.has('\r\n\r\n');
    monolith.write(go);
    await client.has(go);
    client.write('body');
    await monolith.has('body');
    monolith.write(ok);
    await client.has('\r\n\r\nok');
    expect(client.text).not.toContain('close');
    client.write('rest');
    client.write('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
    const second = await legacy.nth(1);
    await second.has('GET /next');
    second.write(ok);
    await expect.poll(() => client.text.match(/ 200 OK/g)?.length).toBe(2);
    client.socket.destroy();
  });

  it('in chunks, with trailers', async () => {
    const client = Wire.to(stage.port);
    client.write(
      'POST /up HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n',
    );
    const monolith = await legacy.nth(0);
    await monolith.has('\r\n\r\n');
    monolith.write(go);
    await client.has(go);
    client.write('4\r\nbody\r\n0\r\nX-Sum: 1\r\n\r\n');
    await monolith.has('4\r\nbody\r\n0\r\nX-Sum: 1\r\n\r\n');
    monolith.write(ok);
    await client.has('ok');
    client.socket.destroy();
  });

  it('is no reason to wait for ever: a client that leaves takes its request along', async () => {
    const client = Wire.to(stage.port);
    client.write(ask(4));
    const monolith = await legacy.nth(0);
    await monolith.has('\r\n\r\n');
    client.socket.destroy();
    await expect.poll(() => monolith.ended).toBe(true);
    await expect.poll(() => stage.router.activity.requests).toBe(0);
  });

  it('of HTTP/1.0 is none', async () => {
    const client = Wire.to(stage.port);
    client.write('POST /up HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody');
    const monolith = await legacy.nth(0);
    await monolith.has('body');
    expect(monolith.text).not.toMatch(/expect/i);
    monolith.write(go + ok);
    await client.has('ok');
    expect(client.text).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('is answered by the router when the monolith says nothing, and its late 100 is not said twice', async () => {
    await using impatient = await startStage(legacy.url, { timeouts: { continueMs: 40 } });
    const client = Wire.to(impatient.port);
    const asked = performance.now();
    client.write(ask(4));
    const monolith = await legacy.nth(0);
    await client.has(go);
    expect(performance.now() - asked).toBeGreaterThan(35);
    client.write('body');
    await monolith.has('body');
    monolith.write(`${go}${go}${ok}`);
    await client.has('ok');
    // The router's own, and the one that the monolith said of itself.
    expect(client.text.match(/100 Continue/g)).toHaveLength(2);
    client.socket.destroy();
  });

  it('goes to the second address when the first is away, and never twice when it may have arrived', async () => {
    // Health checks would be wires of their own.
    const addresses = [nowhere, legacy.url];
    await using two = await startStage(addresses, {
      legacy: { addresses, healthCheck: false },
      timeouts: { continueMs: 10_000 },
    });
    const first = Wire.to(two.port);
    first.write(ask(4));
    const monolith = await legacy.nth(0);
    await monolith.has('Expect: 100-continue');
    monolith.write(go);
    await first.has(go);
    first.write('body');
    await monolith.has('body');
    monolith.write('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok');
    await first.has('ok');
    first.socket.destroy();

    const second = Wire.to(two.port);
    second.write(ask(4));
    const broken = await legacy.nth(1);
    await broken.has('Expect: 100-continue');
    broken.socket.resetAndDestroy();
    await second.has('BANYAN_UPSTREAM_BROKEN');
    expect(second.text).toMatch(/^HTTP\/1\.1 502 /);
    expect(second.text).toContain('Connection: close');
    expect(legacy.wires).toHaveLength(2);
  });

  it('waits as long as the write is on hold', async () => {
    await using held = await startStage(legacy.url, {
      timeouts: { continueMs: 10_000 },
      table: table({ features: [feature({ hold: true, inTransition: true })] }),
    });
    const client = Wire.to(held.port);
    client.write(ask(4, '/things'));
    await expect.poll(() => held.router.activity.held, { interval: 2 }).toBe(1);
    expect([client.text, legacy.wires.length]).toEqual(['', 0]);
    held.link.put({ features: [feature()] });
    const monolith = await legacy.nth(0);
    await monolith.has('Expect: 100-continue');
    expect(client.text).toBe('');
    monolith.write(go);
    await client.has(go);
    client.write('body');
    await monolith.has('body');
    monolith.write(ok);
    await client.has('ok');
    client.socket.destroy();
  });

  it('is the router’s to answer where a service is asked', async () => {
    const asked = deferred<string>();
    await using moved = await startStage(legacy.url, {
      table: table({ features: [feature({ owner: 'service' })] }),
    });
    moved.service.answer = ({ body, rawHeaders }) => {
      asked.resolve(`${body} ${rawHeaders.join().includes('Expect')}`);
      return { status: 200, rawHeaders: [], body: null };
    };
    const client = Wire.to(moved.port);
    client.write(ask(4, '/things'));
    await client.has(go);
    client.write('body');
    expect(await asked.promise).toBe('body false');
    client.socket.destroy();
  });
});
