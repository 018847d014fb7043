import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { BanyanError, type Fault } from '../common/errors.ts';
import type { LegacyTls, ServerTls } from './tls-settings.ts';

/** What TLS needs on the router's port: PEM texts that belong together. */
export interface TlsMaterial {
  readonly key: string;
  readonly cert: string;
  readonly ca?: string;
  readonly minVersion: ServerTls['minVersion'];
  readonly requestCert?: true;
}

export interface TlsSettings {
  readonly server?: ServerTls | undefined;
  readonly legacy?: LegacyTls | undefined;
}

export interface TlsFiles {
  readonly server: TlsMaterial | null;
  /** Authorities in PEM; null: the usual ones. */
  readonly legacyCa: string | null;
}

/**
 * Reads and checks every file that TLS needs, in both directions. Throws `BANYAN_TLS_FILES` with all faults at once: a file
 * that cannot be read or holds something else, a key that is not the certificate's.
 */
export async function readTlsFiles({ server, legacy }: TlsSettings): Promise<TlsFiles> {
  const faults: Fault[] = [];
  const files = {
    server: server === undefined ? null : await readServerFiles(server, faults),
    legacyCa: await readAuthorities(legacy?.caFile, 'legacy.tls.caFile', faults),
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
  const keyPem = await read(tls.keyFile, 'router.tls.keyFile', faults);
  const certPem = await read(tls.certFile, 'router.tls.certFile', faults);
  const ca = await readAuthorities(tls.clientCaFile, 'router.tls.clientCaFile', faults);
  const key = keyPem === null ? null : parseKey(keyPem, tls.keyFile, faults);
  const cert =
    certPem === null ? null : parseCertificate(certPem, tls.certFile, 'router.tls.certFile', faults);
  if (key !== null && cert !== null && !cert.checkPrivateKey(key)) {
    faults.push(
      tlsFault(
        'router.tls.keyFile',
        `${tls.keyFile} is not the key of the first certificate in ${tls.certFile}`,
        'Name the two files that were made together; the server’s own certificate comes first in its file.',
      ),
    );
  }
  if (faults.length > before) return null;
  const material: TlsMaterial = {
    key: keyPem!,
    cert: certPem!,
    minVersion: tls.minVersion,
    ...(ca !== null && { ca, requestCert: true }),
  };
  try {
    createSecureContext(material);
  } catch (error) {
    // What OpenSSL alone refuses: a key too short for its security level, a broken certificate further down the file.
    faults.push(
      tlsFault(
        'router.tls.certFile',
        `${tls.certFile} and its key are refused by OpenSSL: ${(error as Error).message}`,
        'Give it a certificate chain and a key that today’s clients accept.',
      ),
    );
    return null;
  }
  return material;
}

async function readAuthorities(
  file: string | undefined,
  at: string,
  faults: Fault[],
): Promise<string | null> {
  if (file === undefined) return null;
  const pem = await read(file, at, faults);
  if (pem === null || parseCertificate(pem, file, at, faults) === null) return null;
  return pem;
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

function parseKey(pem: string, file: string, faults: Fault[]): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const locked = code === 'ERR_MISSING_PASSPHRASE';
    const what = locked ? `${file} is locked with a passphrase` : `${file} holds no private key in PEM`;
    const fix = locked
      ? 'Unlock it (openssl pkey -in LOCKED -out KEY) and guard the file by its owner and mode.'
      : 'Name the file that begins with -----BEGIN PRIVATE KEY-----.';
    faults.push(tlsFault('router.tls.keyFile', what, fix));
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
