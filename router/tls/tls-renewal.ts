import type { Server as TlsServer } from 'node:tls';
import type { Logger } from 'pino';
import { describeError } from '../../common/errors.ts';
import { RenewedFiles } from '../../common/tls/renewed-files.ts';
import { readTlsFiles, type SideTlsMaterial, type TlsMaterial } from './tls-files.ts';
import type { LegacyTls, ServerTls, ServiceTls } from './tls-settings.ts';

/** Puts renewed certificates of the router's port in force without a restart: new connections are made with them. */
export function renewServerTls(
  tls: ServerTls,
  server: Pick<TlsServer, 'setSecureContext'>,
  current: TlsMaterial,
  logger: Logger,
): RenewedFiles<TlsMaterial> {
  const { certFile } = tls;
  return new RenewedFiles({
    files: filesOf(tls),
    everyMs: tls.reloadMs,
    current,
    read: async () => (await readTlsFiles({ server: tls })).server!,
    onRenewed: (now) => {
      server.setSecureContext(now);
      logger.info({ certFile }, 'the renewed certificate is in force');
    },
    onRefused: refusedTo(logger, { certFile }),
  });
}

/** The same for a feature's service; `current` is for the next connection to it. */
export function renewServiceTls(
  feature: string,
  tls: ServiceTls,
  current: SideTlsMaterial,
  logger: Logger,
): RenewedFiles<SideTlsMaterial> {
  return new RenewedFiles({
    files: filesOf(tls),
    everyMs: tls.reloadMs,
    current,
    read: async () => (await readTlsFiles({ services: { [feature]: tls } })).services[feature]!,
    onRenewed: () =>
      logger.info({ feature }, 'the renewed TLS files of a service are in force for new connections to it'),
    onRefused: refusedTo(logger, { feature }),
  });
}

/** The same for the monolith, whose authority may change. */
export function renewLegacyTls(
  tls: LegacyTls | undefined,
  current: SideTlsMaterial,
  logger: Logger,
): RenewedFiles<SideTlsMaterial> {
  return new RenewedFiles({
    files: tls === undefined ? [] : filesOf(tls),
    everyMs: tls?.reloadMs ?? 0,
    current,
    read: async () => (await readTlsFiles({ legacy: tls })).legacy,
    onRenewed: () =>
      logger.info('the renewed authorities of the monolith are in force for new connections to it'),
    onRefused: refusedTo(logger, { side: 'legacy' }),
  });
}

function refusedTo(logger: Logger, about: object): (error: unknown) => void {
  return (error) => {
    const { message, fix } = describeError(error);
    logger.error(
      { ...about, error: message, fix },
      'the certificate was changed and cannot be used: the old one stays',
    );
  };
}

const settings = ['keyFile', 'certFile', 'clientCaFile', 'caFile'] as const;

function filesOf(tls: { readonly [Setting in (typeof settings)[number]]?: string | undefined }): string[] {
  return settings.map((setting) => tls[setting]).filter((file) => file !== undefined);
}
