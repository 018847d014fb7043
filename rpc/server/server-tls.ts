import type { Server, TlsOptions } from 'node:tls';
import type { Fault } from '../../common/errors.ts';
import { describeError } from '../../common/errors.ts';
import { checkTlsFaults, readServerPems, type ServerPems } from '../../common/tls/pem-files.ts';
import { RenewedFiles } from '../../common/tls/renewed-files.ts';
import type { ServerLog, ServeTlsFiles } from './serve-options.ts';

export interface ServerTls {
  readonly options: TlsOptions;
  /** Keeps the server's certificate current; null where no files are named. */
  renew(server: Pick<Server, 'setSecureContext'>): RenewedFiles<ServerPems> | null;
}

/** @throws BanyanError `BANYAN_TLS_FILES` */
export async function openServerTls(
  tls: TlsOptions | ServeTlsFiles,
  log: ServerLog | undefined,
): Promise<ServerTls> {
  if (!('keyFile' in tls)) return { options: tls, renew: () => null };
  const current = await readFiles(tls);
  const { keyFile, certFile, clientCaFile, reloadMs = 10_000 } = tls;
  return {
    options: current,
    renew: (server) =>
      new RenewedFiles({
        files: [keyFile, certFile, ...(clientCaFile === undefined ? [] : [clientCaFile])],
        everyMs: reloadMs,
        current,
        read: () => readFiles(tls),
        onRenewed: (now) => {
          server.setSecureContext(now);
          log?.info?.({ certFile }, 'the renewed certificate is in force');
        },
        onRefused: (error) => {
          const { message, fix } = describeError(error);
          log?.error(
            { error: message, fix },
            'the certificate was changed and cannot be used: the old one stays',
          );
        },
      }),
  };
}

async function readFiles(files: ServeTlsFiles): Promise<ServerPems> {
  const faults: Fault[] = [];
  const pems = await readServerPems(files, 'tls', faults);
  checkTlsFaults(faults);
  return pems!;
}
