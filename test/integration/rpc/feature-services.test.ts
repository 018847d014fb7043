import { copyFile, rename } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type ServeOptions, serve } from 'banyan/rpc';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normalizeConfig } from '../../../control/config/normalize.ts';
import { readTlsFiles } from '../../../router/index.ts';
import { featureServices } from '../../../scripts/router/feature-services.ts';
import { openServiceTls } from '../../../scripts/router/service-tls.ts';
import { type Certificate, certificates } from '../../support/router/certificates.ts';
import { startChild } from '../../support/rpc/child.ts';
import { everythingHandlers, everythingIdl } from '../../support/rpc/everything.ts';
import { httpInput } from '../../support/rpc/http-input.ts';

const idlFile = fileURLToPath(new URL('../../support/rpc/everything.thrift', import.meta.url));

let pki: Awaited<ReturnType<typeof certificates>>;
let authority: Certificate;
let own: Certificate;
beforeAll(async () => {
  pki = await certificates();
  authority = await pki.selfSigned('authority', 'DNS:authority.example');
  own = await pki.signed('service', authority, { subject: 'DNS:things.internal' });
});
afterAll(() => pki[Symbol.asyncDispose]());

/** What a feature of this `service` block answers to `GET /ping/x`, from the config's file on. */
async function ping(service: object): Promise<string> {
  await using asked = await asService(service);
  return await asked.ping();
}

async function asService(service: object, logger = pino({ level: 'silent' })) {
  const config = await normalizeConfig(
    {
      databases: { main: { user: 'u', database: 'd' } },
      state: { database: 'main' },
      legacy: { addresses: ['http://127.0.0.1:9'], database: 'main' },
      features: { things: { service: { idl: idlFile, name: 'EverythingService', ...service } } },
    },
    `${pki.folder}/banyan.config.ts`,
  );
  const tls = await openServiceTls(config, logger);
  tls.start();
  const { things } = await featureServices(config, { tls: tls.current });
  if (things === undefined || !('invoke' in things)) return expect.unreachable('it is no Thrift service');
  const input = httpInput('GET', '/ping/x', { params: { text: 'x' } });
  return {
    ping: async () => {
      const answer = await things.invoke('ping', input, { signal: new AbortController().signal, retries: 0 });
      return `${answer.status} ${answer.failure?.message ?? answer.body}`;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([things.close(), tls.stop()]);
    },
  };
}

async function serveOverTls(tls: ServeOptions['tls']) {
  return serve({
    ...{ idl: await everythingIdl(), service: 'EverythingService', handlers: everythingHandlers },
    ...{ host: '127.0.0.1', port: 0, tls: { key: own.key, cert: own.cert, ...tls } },
  });
}

describe('a feature’s service, as the config describes it', () => {
  it('is called over TLS, by the name and the authority that are told', async () => {
    const server = await serveOverTls({});
    const addresses = [server.address];
    const tls = { caFile: 'authority.pem', serverName: 'things.internal' };
    expect(await ping({ addresses, tls })).toBe('200 "pong x"');
    expect(await ping({ addresses, tls: { ...tls, serverName: 'others.internal' } })).toMatch(
      /^503 .*others\.internal/,
    );
    expect(await ping({ addresses, tls: { serverName: 'things.internal' } })).toMatch(/^503 .*certificate/);
    expect(await ping({ addresses, transport: 'framed' })).toMatch(/^50[234] /);
    await server.stop();
  });

  it('gets the router’s certificate where it asks for one', async () => {
    const server = await serveOverTls({ ca: authority.cert, requestCert: true, rejectUnauthorized: true });
    const addresses = [server.address];
    const tls = { caFile: authority.certFile, serverName: 'things.internal' };
    await pki.signed('router', authority);
    expect(await ping({ addresses, tls: { ...tls, keyFile: 'router.key', certFile: 'router.pem' } })).toBe(
      '200 "pong x"',
    );
    expect(await ping({ addresses, tls })).toMatch(/^50[23] /);
    await server.stop();
  });

  it('and its router take renewed certificates without a restart, while calls and connections go on', async () => {
    const [told, told2]: string[][] = [[], []];
    const noteIn = (lines: string[]) =>
      pino({}, { write: (line: string) => lines.push(JSON.parse(line).msg) });
    const next = await pki.selfSigned('next-authority', 'DNS:next.example');
    const replace = async (name: string, by: string) => {
      await copyFile(by, pki.file(`${name}.new`));
      await rename(pki.file(`${name}.new`), pki.file(name));
    };
    const certify = async (
      by: Certificate,
      files: readonly ('service' | 'router')[],
      part: 'key' | 'pem',
    ) => {
      for (const name of files)
        await replace(`live-${name}.${part}`, pki.file(`${name}-of-${by === next ? 2 : 1}.${part}`));
    };
    for (const [at, by] of [authority, next].entries()) {
      await pki.signed(`service-of-${at + 1}`, by, { subject: 'DNS:things.internal' });
      await pki.signed(`router-of-${at + 1}`, by);
    }
    for (const part of ['key', 'pem'] as const) await certify(authority, ['service', 'router'], part);
    for (const name of ['live-service-ca.pem', 'live-router-ca.pem']) await replace(name, authority.certFile);

    let reached = () => {};
    const held = new Promise<void>((resolve) => {
      reached = resolve;
    });
    let release = (_text: string) => {};
    const slow = new Promise<string>((resolve) => {
      release = resolve;
    });
    let calls = 0;
    const server = await serve({
      ...{ idl: await everythingIdl(), service: 'EverythingService', host: '127.0.0.1', port: 0 },
      handlers: {
        ...everythingHandlers,
        ping: (text: string) => {
          // The first reply says that the connection takes further calls beside one.
          if (++calls !== 2) return `pong ${text}`;
          reached();
          return slow;
        },
      },
      tls: {
        ...{ keyFile: pki.file('live-service.key'), certFile: pki.file('live-service.pem') },
        ...{ clientCaFile: pki.file('live-service-ca.pem'), reloadMs: 20 },
      },
      log: noteIn(told!),
    });
    const service = {
      ...{ addresses: [server.address], deadlineMs: 60_000 },
      tls: {
        ...{ caFile: 'live-router-ca.pem', keyFile: 'live-router.key', certFile: 'live-router.pem' },
        ...{ serverName: 'things.internal', reloadMs: 20 },
      },
    };
    await using before = await asService(service, noteIn(told2!));
    expect(await before.ping()).toBe('200 "pong x"');
    const underWay = before.ping();
    await held;

    await replace('live-service-ca.pem', next.certFile);
    await certify(next, ['service'], 'pem');
    await expect
      .poll(() => told)
      .toContain('the certificate was changed and cannot be used: the old one stays');
    await certify(next, ['service'], 'key');
    // The new authority alone may have been in force before.
    const refused = told!.indexOf('the certificate was changed and cannot be used: the old one stays');
    await expect.poll(() => told!.slice(refused)).toContain('the renewed certificate is in force');
    // What it shows now the router does not trust yet; the connection from before is as good as it was.
    await using after = await asService(service);
    expect(await after.ping()).toMatch(/^503 .*certificate/);
    expect(await before.ping()).toBe('200 "pong x"');

    for (const part of ['key', 'pem'] as const) await certify(next, ['router'], part);
    await replace('live-router-ca.pem', next.certFile);
    await expect.poll(after.ping).toBe('200 "pong x"');
    await expect
      .poll(() => told2)
      .toContain('the renewed TLS files of a service are in force for new connections to it');
    expect(await before.ping()).toBe('200 "pong x"');
    release('late');
    expect(await underWay).toBe('200 "late"');
    expect(server.stats.connections).toBe(2);
    await server.stop();
  });

  it('is found by its name in a multiplexed processor', async () => {
    await using child = await startChild('official-server.cjs', ['framed', 'binary', 'everything']);
    const addresses = [child.line.replace('ready ', '')];
    expect(await ping({ addresses, multiplexed: 'everything', transport: 'framed' })).toBe('200 "pong x"');
    expect(await ping({ addresses, transport: 'framed' })).toMatch(/^50[02] /);
  });

  it('whose files are wrong is told with the faults of all the others', async () => {
    const { keyFile, certFile } = own;
    const wrong = readTlsFiles({
      legacy: { caFile: '/nowhere/ca.pem' },
      services: {
        things: { caFile: keyFile, keyFile: authority.keyFile, certFile },
        parcels: { keyFile: '/nowhere/key.pem', certFile },
      },
    });
    const error = await wrong.then(
      () => null,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'BANYAN_TLS_FILES' });
    const { faults } = error as { faults: { at: string; what: string }[] };
    expect(faults.map(({ at, what }) => `${at}: ${what}`).sort()).toEqual([
      'features.parcels.service.tls.keyFile: /nowhere/key.pem cannot be read: ENOENT',
      `features.things.service.tls.caFile: ${keyFile} holds no certificate in PEM`,
      `features.things.service.tls.keyFile: ${authority.keyFile} is not the key of the first certificate in ${certFile}`,
      'legacy.tls.caFile: /nowhere/ca.pem cannot be read: ENOENT',
    ]);
  });
});
