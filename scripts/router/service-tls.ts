import type { Logger } from 'pino';
import type { BanyanConfig } from '../../control/config/index.ts';
import { readTlsFiles, type SideTlsMaterial } from '../../router/tls/tls-files.ts';
import { renewServiceTls } from '../../router/tls/tls-renewal.ts';

export interface OpenServiceTls {
  /** By feature, of those whose services are asked over TLS: how the next connection is made. */
  readonly current: Readonly<Record<string, () => SideTlsMaterial>>;
  /** Begins to look at the files for changes. */
  start(): void;
  stop(): Promise<void>;
}

/**
 * The TLS files of the features' services, now and as they are renewed. Those of the router's port and of the monolith are
 * checked with them, so that all faults are told at once: `BANYAN_TLS_FILES`.
 */
export async function openServiceTls(config: BanyanConfig, logger: Logger): Promise<OpenServiceTls> {
  const settings = Object.values(config.features).flatMap(({ name, service: { tls } }) =>
    tls === undefined ? [] : [[name, tls] as const],
  );
  const files = await readTlsFiles({
    server: config.router.tls,
    legacy: config.legacy.tls,
    services: Object.fromEntries(settings),
  });
  const renewed = settings.map(
    ([feature, tls]) => [feature, renewServiceTls(feature, tls, files.services[feature]!, logger)] as const,
  );
  return {
    current: Object.fromEntries(renewed.map(([feature, file]) => [feature, () => file.current])),
    start: () => {
      for (const [, file] of renewed) file.start();
    },
    stop: async () => {
      await Promise.all(renewed.map(([, file]) => file.stop()));
    },
  };
}
