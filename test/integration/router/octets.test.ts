import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificates } from '../../support/router/certificates.ts';
import { sendRaw } from '../../support/router/raw-http.ts';
import { route, startStage, startUpstream, table } from '../../support/router/router-stage.ts';
import { startWires } from '../../support/router/wire.ts';

let pki: Awaited<ReturnType<typeof certificates>>;
let tls: { keyFile: string; certFile: string; cert: string };
beforeAll(async () => {
  pki = await certificates();
  tls = await pki.selfSigned('localhost');
});
afterAll(() => pki[Symbol.asyncDispose]());

describe('fields with octets above 0x7F', () => {
  it.for([
    ['behind a length', 'Content-Length: 2\r\n', ''],
    ['in front of a length', '', 'Content-Length: 2\r\n'],
  ] as const)('Content-Disposition %s arrives as it was sent', async ([, before, after]) => {
    const value = 'attachment; filename="Umsatz f\xfcr M\xe4rz \xe2\x82\xac.pdf"';
    await using legacy = await startWires();
    await using stage = await startStage(legacy.url);
    const answer = sendRaw(stage.port, 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const wire = await legacy.nth(0);
    await wire.has('\r\n\r\n');
    wire.write(
      `HTTP/1.1 200 OK\r\n${before}Content-Disposition: ${value}\r\n${after}Location: /\xfc\r\nX-Other: \xfc\xe2\r\n\r\nok`,
    );
    const [message] = (await answer).messages;
    expect(message?.startLine).toBe('HTTP/1.1 200 OK');
    expect(message?.fields).toEqual(
      expect.arrayContaining([`Content-Disposition: ${value}`, 'Location: /\xfc', 'X-Other: \xfc\xe2']),
    );
  });
});

describe('a request over HTTP/2 that ends with an empty DATA frame', () => {
  const bodies = [[], ['one'], ['two', 'three']];
  it.for(bodies.flatMap((pieces) => [true, false].map((together) => [pieces, together] as const)))(
    'is sent with what it said before: %j (in one packet: %s)',
    async ([pieces, together]) => {
      await using legacy = await startUpstream((request, response) => request.pipe(response));
      await using stage = await startStage(legacy.url, {
        tls: { keyFile: tls.keyFile, certFile: tls.certFile },
      });
      const session = connectHttp2(stage.url, {
        ca: tls.cert,
        servername: 'localhost',
        checkServerIdentity: () => undefined,
      });
      try {
        const stream = session.request({ ':method': 'PUT', ':path': '/x' }, { endStream: false });
        // The head alone first, its end in a packet of its own.
        if (!together) await expect.poll(() => stage.router.activity.requests).toBe(1);
        for (const piece of pieces) stream.write(piece);
        stream.end();
        const [answer] = await once(stream, 'response');
        expect(answer[':status']).toBe(200);
        let text = '';
        for await (const piece of stream) text += String(piece);
        expect(text).toBe(pieces.join(''));
      } finally {
        session.destroy();
      }
    },
  );
});

describe('a request without a Host', () => {
  it('of HTTP/1.0 is sent on with the address it goes to', async () => {
    await using legacy = await startUpstream((request, response) => response.end(request.headers.host));
    await using stage = await startStage(legacy.url);
    const { messages } = await sendRaw(stage.port, 'OPTIONS /status HTTP/1.0\r\n\r\n');
    expect(messages[0]).toMatchObject({ startLine: 'HTTP/1.1 200 OK', body: new URL(legacy.url).host });
  });
});

describe('targets', () => {
  const readings = [
    ['/%41bc', '/abc'],
    ['/files/a%2Db%7e?sig=%41', '/files/a-b~'],
    ['/t/%e4%bd%a0', '/t/:id'],
    ['http://a/%41bc', '/abc'],
  ] as const;
  it.for(readings)('%s is sent on as it came, and decided on in one spelling', async ([target, pattern]) => {
    await using legacy = await startUpstream((request, response) => response.end(request.url));
    await using stage = await startStage(legacy.url, {
      table: table({ routes: [route(`GET ${decodeURI(pattern)}`)] }),
    });
    const { messages } = await sendRaw(
      stage.port,
      `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
    );
    expect(messages[0]?.body).toBe(target.replace('http://a', ''));
    expect(stage.router.report().snapshot.series[0]?.feature).toBe('thing');
  });

  const faults = [
    ['//x//y', 'emptySegment'],
    ['/a%5Cb', 'encodedBackslash'],
    ['/a\\b', 'encodedBackslash'],
    ['/%ff%fe', 'notUtf8'],
    ['/a%2Fb', 'encodedSlash'],
  ] as const;
  it.for(faults)(
    '%s is refused, with its request id and its path in the log, unless paths.%s keeps it',
    async ([target, setting]) => {
      await using legacy = await startUpstream((request, response) => response.end(request.url));
      const lines: Record<string, unknown>[] = [];
      const logger = Object.assign(Object.create(null), {
        info: (line: Record<string, unknown>) => lines.push(line),
        ...{ warn() {}, error() {} },
      });
      const send = (port: number) =>
        sendRaw(
          port,
          `GET ${target}?q=1 HTTP/1.1\r\nHost: a\r\nX-Request-Id: mine\r\nConnection: close\r\n\r\n`,
        );
      {
        await using strict = await startStage(legacy.url, { logger });
        const { messages } = await send(strict.port);
        expect(messages[0]?.startLine).toMatch(/ 400 /);
        expect(messages[0]?.fields.join('\n')).toContain('X-Request-Id: mine');
        expect(JSON.parse(messages[0]!.body).error.requestId).toBe('mine');
        await expect.poll(() => lines).toMatchObject([{ requestId: 'mine', path: target, status: 400 }]);
      }
      await using kept = await startStage(legacy.url, { paths: { [setting]: 'keep' } });
      const { messages } = await send(kept.port);
      expect(messages[0]).toMatchObject({ startLine: 'HTTP/1.1 200 OK', body: `${target}?q=1` });
    },
  );

  it.for([...faults.map(([target]) => target), '/a/../b', '/a/%2e%2e/b', '/50%', '/x#y', '/%00'])(
    '%s passes where refusals are only reported, and the log says what strictness would do',
    async (target) => {
      await using legacy = await startUpstream((request, response) => response.end(request.url));
      const lines: Record<string, unknown>[] = [];
      const logger = Object.assign(Object.create(null), {
        info: (line: Record<string, unknown>) => lines.push(line),
        ...{ warn() {}, error() {} },
      });
      await using stage = await startStage(legacy.url, {
        logger,
        paths: { mode: 'report' },
        accessLog: { sample: 0 },
        table: table({ routes: [route('GET /b'), route('GET /things/:id')] }),
      });
      const { messages } = await sendRaw(
        stage.port,
        `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      );
      expect(messages[0]).toMatchObject({ startLine: 'HTTP/1.1 200 OK', body: target });
      await expect
        .poll(() => lines)
        .toMatchObject([{ status: 200, wouldRefuse: expect.stringMatching(/path|target|UTF/) }]);
      expect(stage.router.report().snapshot.wouldRefuse).toBe(1);
      // Whoever cannot tell what a target means does not send it to a service.
      expect(stage.router.report().snapshot.series[0]?.feature).toBe('');
    },
  );
});
