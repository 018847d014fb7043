import { BanyanError } from '../../common/errors.ts';
import type { BanyanConfig, FeatureConfig } from '../../control/config/index.ts';
import { featureIdentities } from '../router/feature-identities.ts';
import type { CheckLine } from './check-report.ts';

const withinMs = 3000;

/** Whether the key that signs identities can be used, and whether the monolith answers who a user is. */
export async function checkIdentities(
  config: BanyanConfig,
  features: readonly FeatureConfig[],
): Promise<CheckLine[]> {
  const told = features.filter(({ service }) => service.identity !== undefined);
  if (told.length === 0) return [];
  return [
    await checkKey(config),
    ...(await Promise.all(told.map((feature) => checkWhoami(config, feature)))),
  ];
}

async function checkKey(config: BanyanConfig): Promise<CheckLine> {
  const line = { feature: null, check: 'identity key' };
  try {
    await featureIdentities(config);
    const { signs, issuer } = config.identity!;
    return { ...line, ok: true, detail: `"${signs}" signs as ${issuer}` };
  } catch (error) {
    if (!(error instanceof BanyanError)) throw error;
    return { ...line, ok: false, detail: error.message, code: error.code, fix: error.fix };
  }
}

/** Asks as a client that is not signed in. */
async function checkWhoami({ legacy }: BanyanConfig, { name, service }: FeatureConfig): Promise<CheckLine> {
  const { ask } = service.identity!;
  const line = { feature: name, check: 'identity' };
  const url = `${legacy.addresses[0]}${ask}`;
  try {
    const { status } = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(withinMs) });
    const detail = `${url} answers ${status} to a client that is not signed in`;
    if ((status >= 200 && status < 300) || status === 401 || status === 403)
      return { ...line, ok: true, detail };
    return {
      ...{ ...line, ok: false, detail, code: 'BANYAN_IDENTITY_UNKNOWN' },
      fix: `Let the monolith answer 401 there, or 2xx without ${service.identity!.subject}: any other answer is 503 to clients of the service.`,
    };
  } catch (error) {
    const cause = (error as { cause?: NodeJS.ErrnoException }).cause;
    const why = cause?.code ?? (error as Error).message;
    return { ...line, ok: true, detail: `${url} could not be asked from here (${why})` };
  }
}
