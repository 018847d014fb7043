import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Certificate {
  readonly keyFile: string;
  readonly certFile: string;
  readonly key: string;
  readonly cert: string;
}

/** Certificates in a folder of their own, made by openssl; elliptic keys, because they are quick to make. */
export async function certificates() {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-certificates-'));
  const file = (name: string) => join(folder, name);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const read = async (name: string): Promise<Certificate> => {
    const [keyFile, certFile] = [file(`${name}.key`), file(`${name}.pem`)];
    return {
      keyFile,
      certFile,
      key: await readFile(keyFile, 'utf8'),
      cert: await readFile(certFile, 'utf8'),
    };
  };
  return {
    folder,
    file,
    /** Signed by itself, for `localhost` and 127.0.0.1 unless told otherwise. */
    async selfSigned(name: string, subject = 'DNS:localhost,IP:127.0.0.1'): Promise<Certificate> {
      const out = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)];
      const about = ['-days', '2', '-subj', `/CN=${name}`, '-addext', `subjectAltName=${subject}`];
      await run('openssl', ['req', '-x509', ...curve, ...about, ...out]);
      return read(name);
    },
    /** Signed by `authority`; with negative `days` it has expired. */
    async signed(
      name: string,
      authority: Certificate,
      { subject = 'DNS:localhost,IP:127.0.0.1', days = 2 } = {},
    ): Promise<Certificate> {
      const [request, extensions, out] = [file(`${name}.csr`), file(`${name}.ext`), file(`${name}.pem`)];
      await run('openssl', [
        'req',
        '-new',
        ...curve,
        '-subj',
        `/CN=${name}`,
        '-keyout',
        file(`${name}.key`),
        '-out',
        request,
      ]);
      await writeFile(extensions, `subjectAltName=${subject}\n`);
      const by = [
        '-CA',
        authority.certFile,
        '-CAkey',
        authority.keyFile,
        '-CAcreateserial',
        '-days',
        `${days}`,
      ];
      await run('openssl', ['x509', '-req', '-in', request, ...by, '-extfile', extensions, '-out', out]);
      return read(name);
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}
