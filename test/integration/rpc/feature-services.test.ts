import { fileURLToPath } from 'node:url';
import { type ServeOptions, serve } from 'banyan/rpc';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normalizeConfig } from '../../../control/config/normalize.ts';
import { readTlsFiles } from '../../../router/index.ts';
import { featureServices } from '../../../scripts/cli/feature-services.ts';
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
  const config = await normalizeConfig(
    {
      databases: { main: { user: 'u', database: 'd' } },
      state: { database: 'main' },
      legacy: { addresses: ['http://127.0.0.1:9'], database: 'main' },
      features: { things: { service: { idl: idlFile, name: 'EverythingService', ...service } } },
    },
    `${pki.folder}/banyan.config.ts`,
  );
  const { tls } = config.features.things!.service;
  const files = await readTlsFiles({ services: tls === undefined ? {} : { things: tls } });
  const { things } = await featureServices(config, { tls: files.services });
  if (things === undefined || !('invoke' in things)) return expect.unreachable('it is no Thrift service');
  const input = httpInput('GET', '/ping/x', { params: { text: 'x' } });
  const answer = await things.invoke('ping', input, { signal: new AbortController().signal, retries: 0 });
  await things.close();
  return `${answer.status} ${answer.failure?.message ?? answer.body}`;
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
