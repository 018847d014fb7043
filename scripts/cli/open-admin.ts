import { readFile } from 'node:fs/promises';
import { BanyanError } from '../../common/errors.ts';
import { AdminClient } from '../../control/api/index.ts';
import type { BanyanConfig } from '../../control/config/index.ts';
import { whoAmI } from './who.ts';

/**
 * A client of the config's control process; of another one, on another machine perhaps, where the environment names it:
 * BANYAN_CONTROL_URL, BANYAN_CONTROL_TOKEN_FILE, BANYAN_CONTROL_CA.
 */
export async function openAdmin(config: BanyanConfig, env: NodeJS.ProcessEnv): Promise<AdminClient> {
  const { tokenFile, tls } = config.control;
  const caFile = env.BANYAN_CONTROL_CA ?? tls?.caFile;
  return AdminClient.open({
    url: env.BANYAN_CONTROL_URL ?? adminUrl(config),
    tokenFile: env.BANYAN_CONTROL_TOKEN_FILE ?? tokenFile,
    who: whoAmI(env),
    tls: {
      ca: caFile === undefined ? undefined : await readCa(caFile),
      serverName: env.BANYAN_CONTROL_URL === undefined ? tls?.serverName : undefined,
    },
  });
}

/** Where the control process of a config listens; one that listens everywhere is asked here. */
export function adminUrl({ control: { listen, tls } }: BanyanConfig): string {
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[listen.host] ?? listen.host;
  return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${listen.port}`;
}

async function readCa(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new BanyanError(
      'BANYAN_TLS_FILES',
      `The authorities in ${file} cannot be read: ${(cause as Error).message}`,
      {
        fix: 'Correct control.tls.caFile in the config, or BANYAN_CONTROL_CA.',
        cause,
      },
    );
  }
}
