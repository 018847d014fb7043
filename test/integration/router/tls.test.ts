import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { createServer as createHttpsServer, request as httpsRequest, type RequestOptions } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { type DetailedPeerCertificate, type SecureVersion, connect as tlsConnect } from 'node:tls';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Certificate, certificates } from '../../support/router/certificates.ts';
import { startStage, startUpstream } from '../../support/router/router-stage.ts';

let pki: Awaited<ReturnType<typeof certificates>>;
let own: Certificate;
let authority: Certificate;
beforeAll(async () => {
  pki = await certificates();
  own = await pki.selfSigned('localhost');
  authority = await pki.selfSigned('authority', 'DNS:authority.example');
});
afterAll(() => pki[Symbol.asyncDispose]());

const files = ({ keyFile, certFile }: Certificate) => ({ keyFile, certFile });

async function replace(file: string, text: string) {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}

async function ask(url: string, options: RequestOptions) {
  const request = httpsRequest(url, { agent: false, servername: 'localhost', ...options });
  request.end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return { status: answer.statusCode, text };
}

describe('TLS on the router’s port', () => {
  it('is spoken, and the monolith is told', async () => {
    await using legacy = await startUpstream((request, response) => {
      response.end(request.headers['x-forwarded-proto']);
    });
    await using stage = await startStage(legacy.url, { tls: files(own) });
    expect(stage.url).toMatch(/^https:/);
    expect(await ask(`${stage.url}/x`, { ca: own.cert })).toEqual({ status: 200, text: 'https' });
  });

  it('begins with TLS 1.2, or with what it is told', async () => {
    const agreed = async (port: number, maxVersion: SecureVersion) => {
      const socket = tlsConnect({
        port,
        host: '127.0.0.1',
        servername: 'localhost',
        ca: own.cert,
        maxVersion,
        minVersion: 'TLSv1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      try {
        await once(socket, 'secureConnect');
        return socket.getProtocol();
      } catch {
        return 'refused';
      } finally {
        socket.destroy();
      }
    };
    await using usual = await startStage('http://127.0.0.1:1', { tls: files(own) });
    await using strict = await startStage('http://127.0.0.1:1', {
      tls: { ...files(own), minVersion: 'TLSv1.3' },
    });
    expect(await agreed(usual.port, 'TLSv1.1')).toBe('refused');
    expect(await agreed(usual.port, 'TLSv1.2')).toBe('TLSv1.2');
    expect(await agreed(strict.port, 'TLSv1.2')).toBe('refused');
    expect(await agreed(strict.port, 'TLSv1.3')).toBe('TLSv1.3');
  });

  it('asks clients for a certificate where it is given their authority', async () => {
    await using legacy = await startUpstream((_request, response) => response.end('ok'));
    const [friend, stranger] = [await pki.signed('friend', authority), await pki.selfSigned('stranger')];
    await using stage = await startStage(legacy.url, {
      tls: { ...files(own), clientCaFile: authority.certFile },
    });
    const as = ({ key, cert }: Certificate) => ask(`${stage.url}/x`, { ca: own.cert, key, cert });
    expect(await as(friend)).toEqual({ status: 200, text: 'ok' });
    await expect(as(stranger)).rejects.toThrow();
    await expect(ask(`${stage.url}/x`, { ca: own.cert })).rejects.toThrow();
    expect(legacy.requests).toHaveLength(1);
  });

  it('is checked before anything listens, all faults at once', async () => {
    const other = await pki.selfSigned('other');
    await writeFile(pki.file('text'), 'no PEM');
    const faultsOf = (tls: object, legacy: object = {}) =>
      startStage('http://127.0.0.1:1', {
        tls: { ...files(own), ...tls },
        legacy: { addresses: ['https://127.0.0.1:1'], tls: legacy },
      }).then(
        () => expect.unreachable('it started'),
        ({ code, faults }) => [
          code,
          ...faults.map(
            ({ at, what }: { at: string; what: string }) => `${at}: ${what.replaceAll(pki.folder, '')}`,
          ),
        ],
      );
    expect(await faultsOf({ keyFile: other.keyFile })).toEqual([
      'BANYAN_TLS_FILES',
      'router.tls.keyFile: /other.key is not the key of the first certificate in /localhost.pem',
    ]);
    const all = { keyFile: pki.file('none'), certFile: own.keyFile, clientCaFile: pki.file('text') };
    expect(await faultsOf(all, { caFile: pki.file('gone') })).toEqual([
      'BANYAN_TLS_FILES',
      'router.tls.keyFile: /none cannot be read: ENOENT',
      'router.tls.certFile: /localhost.key holds no certificate in PEM',
      'router.tls.clientCaFile: /text holds no certificate in PEM',
      'legacy.tls.caFile: /gone cannot be read: ENOENT',
    ]);
  });

  it('takes a renewed certificate without a restart, and no pair that does not fit', async () => {
    const lines: { msg: string }[] = [];
    const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
    await using legacy = await startUpstream((_request, response) => response.end('ok'));
    const [first, second] = [await pki.selfSigned('first'), await pki.selfSigned('second')];
    await using stage = await startStage(legacy.url, { tls: { ...files(first), reloadMs: 20 }, logger });
    const shown = async () => {
      const socket = tlsConnect({ port: stage.port, host: '127.0.0.1', rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { subject } = socket.getPeerCertificate() as DetailedPeerCertificate;
      socket.destroy();
      return subject.CN;
    };
    expect(await shown()).toBe('first');
    await replace(first.certFile, second.cert);
    await expect
      .poll(() => lines.map(({ msg }) => msg))
      .toContain('the certificate was changed and cannot be used: the old one stays');
    expect(await shown()).toBe('first');
    await replace(first.keyFile, second.key);
    await expect.poll(shown).toBe('second');
    expect(await ask(`${stage.url}/x`, { ca: second.cert })).toEqual({ status: 200, text: 'ok' });
    expect(lines.filter(({ msg }) => msg.includes('cannot be used'))).toHaveLength(1);
  });

  it('does not wait at a stop for a connection that never begins it', async () => {
    const stage = await startStage('http://127.0.0.1:1', { tls: files(own) });
    const silent = connect({ port: stage.port, host: '127.0.0.1' });
    await expect.poll(() => stage.router.activity.connections).toBe(1);
    const closed = new Promise((resolve) => silent.once('close', resolve));
    await stage.router.stop();
    await closed;
  });
});

describe('a monolith behind TLS', () => {
  async function startSecure(certificate: Certificate) {
    const seen: (string | undefined)[] = [];
    const server = createHttpsServer(
      { key: certificate.key, cert: certificate.cert },
      (request, response) => {
        seen.push(request.headers['x-forwarded-proto'] as string);
        response.end(`secure ${request.url}`);
      },
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
      seen,
      server,
      url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      async [Symbol.asyncDispose]() {
        server.close();
        server.closeAllConnections();
        await once(server, 'close');
      },
    };
  }

  it('is asked where its certificate is good, by the configured authority and name', async () => {
    await using legacy = await startSecure(
      await pki.signed('legacy', authority, { subject: 'DNS:shop.internal' }),
    );
    const named = legacy.url.replace('127.0.0.1', 'shop.internal');
    const { certFile: caFile } = authority;
    const settings = [
      { addresses: [legacy.url], tls: { caFile, serverName: 'shop.internal' } },
      // The name of the address is that of the certificate, whatever it stands for.
      { addresses: [named], tls: { caFile } },
    ];
    for (const given of settings) {
      legacy.seen.length = 0;
      await using stage = await startStage(legacy.url, {
        legacy: { ...given, healthCheck: { path: '/well', everyMs: 20 } },
        lookUp: async () => ['127.0.0.1'],
      });
      expect(await (await fetch(`${stage.url}/x`)).text()).toBe('secure /x');
      // Health checks ask by the same rules; it would be ill by now.
      await expect.poll(() => legacy.seen.length).toBeGreaterThan(3);
      expect(stage.router.report().gauges.upstreams[0]).toMatchObject({ address: legacy.url, healthy: true });
    }
  });

  it('is trusted by a renewed authority without a restart, and its health checks too', async () => {
    const [first, second] = [authority, await pki.selfSigned('authority-2', 'DNS:second.example')];
    await using legacy = await startSecure(await pki.signed('legacy-1', first));
    const caFile = pki.file('live-ca.pem');
    await replace(caFile, first.cert);
    await using stage = await startStage(legacy.url, {
      legacy: {
        addresses: [legacy.url],
        tls: { caFile, reloadMs: 20 },
        healthCheck: { path: '/well', everyMs: 20, failures: 1 },
      },
    });
    const status = async () => (await fetch(`${stage.url}/x`)).status;
    const isHealthy = () => stage.router.report().gauges.upstreams[0]?.healthy;
    expect(await status()).toBe(200);
    const { key, cert } = await pki.signed('legacy-2', second);
    legacy.server.setSecureContext({ key, cert });
    legacy.server.closeAllConnections();
    await expect.poll(status).toBe(502);
    await expect.poll(isHealthy).toBe(false);
    await replace(caFile, second.cert);
    await expect.poll(status).toBe(200);
    await expect.poll(isHealthy).toBe(true);
  });

  it('is refused with 502 and a line that says why where it is not', async () => {
    const lines: { failure?: string; why?: string }[] = [];
    const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) });
    const bad: [Certificate, RegExp][] = [
      [await pki.signed('expired', authority, { days: -1 }), /CERT_HAS_EXPIRED/],
      [
        await pki.signed('elsewhere', authority, { subject: 'DNS:elsewhere.example' }),
        /ERR_TLS_CERT_ALTNAME_INVALID/,
      ],
      [await pki.selfSigned('alone'), /DEPTH_ZERO_SELF_SIGNED_CERT/],
    ];
    for (const [certificate, why] of bad) {
      await using legacy = await startSecure(certificate);
      await using stage = await startStage(legacy.url, {
        legacy: { addresses: [legacy.url], tls: { caFile: authority.certFile } },
        logger,
      });
      const answer = await fetch(`${stage.url}/x`, { method: 'POST', body: 'secret' });
      expect(answer.status).toBe(502);
      expect(await answer.json()).toMatchObject({
        error: { code: 'BANYAN_UPSTREAM_UNTRUSTED', message: expect.stringMatching(why) },
      });
      expect(legacy.seen).toEqual([]);
      await expect
        .poll(() => lines.at(-1))
        .toMatchObject({ failure: 'BANYAN_UPSTREAM_UNTRUSTED', why: expect.stringMatching(why) });
    }
  });
});
