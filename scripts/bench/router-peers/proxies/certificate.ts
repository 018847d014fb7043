import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOnPath } from '../../../servers/find-on-path.ts';
import type { Certificate } from './proxy.ts';

/** A certificate for 127.0.0.1 with an elliptic key, signed by itself; null where there is no openssl. */
export async function makeCertificate(folder: string): Promise<Certificate | null> {
  if ((await findOnPath('openssl')) === null) return null;
  const [keyFile, certFile, bothFile] = ['bench.key', 'bench.crt', 'bench.pem'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const about = ['-days', '2', '-subj', '/CN=bench', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await promisify(execFile)('openssl', ['req', '-x509', ...key, ...about, '-out', certFile]);
  await writeFile(bothFile, Buffer.concat([await readFile(certFile), await readFile(keyFile)]));
  return { keyFile, certFile, bothFile };
}
