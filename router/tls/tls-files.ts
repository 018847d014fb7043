import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { BanyanError, type Fault } from '../../common/errors.ts';
import type { LegacyTls, ServerTls, ServiceTls } from './tls-settings.ts';

/** What TLS needs on the router's port: PEM texts that belong together. */
export interface TlsMaterial {
  readonly key: string;
  readonly cert: string;
  readonly ca?: string;
  readonly minVersion: ServerTls['minVersion'];
  readonly requestCert?: true;
}

/** How a client of a service meets it in TLS: Node's options. What is left out stays as usual. */
export interface ServiceTlsMaterial {
  readonly ca?: string;
  readonly servername?: string;
  readonly key?: string;
  readonly cert?: string;
}

export interface TlsSettings {
  readonly server?: ServerTls | undefined;
  readonly legacy?: LegacyTls | undefined;
  /** By feature. */
  readonly services?: Readonly<Record<string, ServiceTls>>;
}

export interface TlsFiles {
  readonly server: TlsMaterial | null;
  /** Authorities in PEM; null: the usual ones. */
  readonly legacyCa: string | null;
  /** By feature. */
  readonly services: Readonly<Record<string, ServiceTlsMaterial>>;
}

/**
 * Reads and checks every file that TLS needs, in both directions. Throws `BANYAN_TLS_FILES` with all faults at once: a file
 * that cannot be read or holds something else, a key that is not the certificate's.
 */
export async function readTlsFiles({ server, legacy, services = {} }: TlsSettings): Promise<TlsFiles> {
  const faults: Fault[] = [];
  const files = {
    server: server === undefined ? null : await readServerFiles(server, faults),
    legacyCa: await readAuthorities(legacy?.caFile, 'legacy.tls.caFile', faults),
    services: Object.fromEntries(
      await Promise.all(
        Object.entries(services).map(async ([feature, tls]) => [
          feature,
          await readServiceFiles(tls, `features.${feature}.service.tls`, faults),
        ]),
      ),
    ),
  };
  if (faults.length === 0) return files;
  const what = faults.map((fault) => `${fault.at}: ${fault.what}`).join('; ');
  throw new BanyanError('BANYAN_TLS_FILES', `The files for TLS cannot be used: ${what}.`, {
    fix: faults[0]!.fix,
    faults,
  });
}

async function readServerFiles(tls: ServerTls, faults: Fault[]): Promise<TlsMaterial | null> {
  const before = faults.length;
  const pair = await readPair(tls.keyFile, tls.certFile, 'router.tls', faults);
  const ca = await readAuthorities(tls.clientCaFile, 'router.tls.clientCaFile', faults);
  if (faults.length > before) return null;
  return { ...pair!, minVersion: tls.minVersion, ...(ca !== null && { ca, requestCert: true }) };
}

async function readServiceFiles(
  { caFile, serverName, keyFile, certFile }: ServiceTls,
  at: string,
  faults: Fault[],
): Promise<ServiceTlsMaterial> {
  const ca = await readAuthorities(caFile, `${at}.caFile`, faults);
  const pair =
    keyFile === undefined || certFile === undefined ? null : await readPair(keyFile, certFile, at, faults);
  return { ...(ca !== null && { ca }), ...(serverName !== undefined && { servername: serverName }), ...pair };
}

/** A key and the certificates that begin with its own. */
async function readPair(
  keyFile: string,
  certFile: string,
  at: string,
  faults: Fault[],
): Promise<{ key: string; cert: string } | null> {
  const before = faults.length;
  const keyPem = await read(keyFile, `${at}.keyFile`, faults);
  const certPem = await read(certFile, `${at}.certFile`, faults);
  const key = keyPem === null ? null : parseKey(keyPem, keyFile, `${at}.keyFile`, faults);
  const cert = certPem === null ? null : parseCertificate(certPem, certFile, `${at}.certFile`, faults);
  if (key !== null && cert !== null && !cert.checkPrivateKey(key)) {
    faults.push(
      tlsFault(
        `${at}.keyFile`,
        `${keyFile} is not the key of the first certificate in ${certFile}`,
        'Name the two files that were made together; the certificate of the key’s owner comes first in its file.',
      ),
    );
  }
  if (faults.length > before || keyPem === null || certPem === null) return null;
  const pair = { key: keyPem, cert: certPem };
  return isTaken(pair, `${certFile} and its key are`, `${at}.certFile`, faults) ? pair : null;
}

async function readAuthorities(
  file: string | undefined,
  at: string,
  faults: Fault[],
): Promise<string | null> {
  if (file === undefined) return null;
  const pem = await read(file, at, faults);
  if (pem === null || parseCertificate(pem, file, at, faults) === null) return null;
  return isTaken({ ca: pem }, `${file} is`, at, faults) ? pem : null;
}

/** Asks OpenSSL for what it alone refuses: a key too short for its security level, a broken certificate further down. */
function isTaken(material: SecureContextOptions, what: string, at: string, faults: Fault[]): boolean {
  try {
    createSecureContext(material);
    return true;
  } catch (error) {
    faults.push(
      tlsFault(
        at,
        `${what} refused by OpenSSL: ${(error as Error).message}`,
        'Give it certificates and keys that today’s programs accept.',
      ),
    );
    return false;
  }
}

async function read(file: string, at: string, faults: Fault[]): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const fix = 'Correct the path, or let the router’s user read the file.';
    faults.push(tlsFault(at, `${file} cannot be read: ${code ?? message}`, fix));
    return null;
  }
}

function parseKey(pem: string, file: string, at: string, faults: Fault[]): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const locked = code === 'ERR_MISSING_PASSPHRASE';
    const what = locked ? `${file} is locked with a passphrase` : `${file} holds no private key in PEM`;
    const fix = locked
      ? 'Unlock it (openssl pkey -in LOCKED -out KEY) and guard the file by its owner and mode.'
      : 'Name the file that begins with -----BEGIN PRIVATE KEY-----.';
    faults.push(tlsFault(at, what, fix));
    return null;
  }
}

function parseCertificate(pem: string, file: string, at: string, faults: Fault[]): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    const fix = 'Name the file that begins with -----BEGIN CERTIFICATE-----.';
    faults.push(tlsFault(at, `${file} holds no certificate in PEM`, fix));
    return null;
  }
}

function tlsFault(at: string, what: string, fix: string): Fault {
  return { code: 'BANYAN_TLS_FILES', at, what, fix };
}
