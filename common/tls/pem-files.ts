import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { BanyanError, type Fault } from '../errors.ts';

/** PEM texts that belong together. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** What a server shows, and whom it lets in. */
export interface ServerPems extends KeyPair {
  /** Given, clients must have a certificate of one of these authorities. */
  readonly ca?: string;
  readonly requestCert?: true;
}

/** Where a server's PEM texts are. */
export interface ServerPemFiles {
  readonly keyFile: string;
  /** The certificate, then those between it and the root. */
  readonly certFile: string;
  /** Given, only clients with a certificate of one of these authorities are served. */
  readonly clientCaFile?: string | undefined;
}

/** `faults` gets what is wrong; then the answer is null. `at`: what names the files, for messages. */
export async function readServerPems(
  { keyFile, certFile, clientCaFile }: ServerPemFiles,
  at: string,
  faults: Fault[],
): Promise<ServerPems | null> {
  const before = faults.length;
  const pair = await readPair(keyFile, certFile, at, faults);
  const ca = await readAuthorities(clientCaFile, `${at}.clientCaFile`, faults);
  if (faults.length > before) return null;
  return { ...pair!, ...(ca !== null && { ca, requestCert: true }) };
}

/** A key and the certificates that begin with its own. */
export async function readPair(
  keyFile: string,
  certFile: string,
  at: string,
  faults: Fault[],
): Promise<KeyPair | null> {
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

export async function readAuthorities(
  file: string | undefined,
  at: string,
  faults: Fault[],
): Promise<string | null> {
  if (file === undefined) return null;
  const pem = await read(file, at, faults);
  if (pem === null || parseCertificate(pem, file, at, faults) === null) return null;
  return isTaken({ ca: pem }, `${file} is`, at, faults) ? pem : null;
}

/** @throws BanyanError `BANYAN_TLS_FILES` where there are faults */
export function checkTlsFaults(faults: readonly Fault[]): void {
  if (faults.length === 0) return;
  const what = faults.map((fault) => `${fault.at}: ${fault.what}`).join('; ');
  throw new BanyanError('BANYAN_TLS_FILES', `The files for TLS cannot be used: ${what}.`, {
    fix: faults[0]!.fix,
    faults,
  });
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
    const fix = 'Correct the path, or let the user that the program runs as read the file.';
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
