import type { Fault } from '../../common/errors.ts';
import {
  checkTlsFaults,
  readAuthorities,
  readPair,
  readServerPems,
  type ServerPems,
} from '../../common/tls/pem-files.ts';
import type { LegacyTls, ServerTls, ServiceTls } from './tls-settings.ts';

/** What TLS needs on the router's port: PEM texts that belong together. */
export interface TlsMaterial extends ServerPems {
  readonly minVersion: ServerTls['minVersion'];
}

/** How a side is met in TLS: Node's options. What is left out stays as usual. */
export interface SideTlsMaterial {
  readonly ca?: string;
  readonly servername?: string;
  readonly key?: string;
  readonly cert?: string;
}

export interface TlsSettings {
  readonly server?: Omit<ServerTls, 'reloadMs'> | undefined;
  readonly legacy?: Omit<LegacyTls, 'reloadMs'> | undefined;
  /** By feature. */
  readonly services?: Readonly<Record<string, Omit<ServiceTls, 'reloadMs'>>>;
}

export interface TlsFiles {
  readonly server: TlsMaterial | null;
  readonly legacy: SideTlsMaterial;
  /** By feature. */
  readonly services: Readonly<Record<string, SideTlsMaterial>>;
}

/**
 * Reads and checks every file that TLS needs, in both directions. Throws `BANYAN_TLS_FILES` with all faults at once: a file
 * that cannot be read or holds something else, a key that is not the certificate's.
 */
export async function readTlsFiles({ server, legacy = {}, services = {} }: TlsSettings): Promise<TlsFiles> {
  const faults: Fault[] = [];
  const files = {
    server: server === undefined ? null : await readServerFiles(server, faults),
    legacy: await readSideFiles(legacy, 'legacy.tls', faults),
    services: Object.fromEntries(
      await Promise.all(
        Object.entries(services).map(async ([feature, tls]) => [
          feature,
          await readSideFiles(tls, `features.${feature}.service.tls`, faults),
        ]),
      ),
    ),
  };
  checkTlsFaults(faults);
  return files;
}

async function readServerFiles(
  tls: Omit<ServerTls, 'reloadMs'>,
  faults: Fault[],
): Promise<TlsMaterial | null> {
  const pems = await readServerPems(tls, 'router.tls', faults);
  return pems === null ? null : { ...pems, minVersion: tls.minVersion };
}

async function readSideFiles(
  { caFile, serverName, keyFile, certFile }: Omit<ServiceTls, 'reloadMs'>,
  at: string,
  faults: Fault[],
): Promise<SideTlsMaterial> {
  const ca = await readAuthorities(caFile, `${at}.caFile`, faults);
  const pair =
    keyFile === undefined || certFile === undefined ? null : await readPair(keyFile, certFile, at, faults);
  return { ...(ca !== null && { ca }), ...(serverName !== undefined && { servername: serverName }), ...pair };
}
