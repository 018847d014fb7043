import { BanyanError } from '../../common/errors.ts';
import type { AdminClient } from '../../control/api/index.ts';
import type { BanyanConfig } from '../../control/config/index.ts';
import { checkConfigs } from './check-configs.ts';
import { checkFeature } from './check-feature.ts';
import { checkIdentities } from './check-identity.ts';
import { checkIdl, checkTransport } from './check-idl.ts';
import type { CheckLine, CheckReport } from './check-report.ts';
import { checkState } from './check-state.ts';
import { checkDatabases, checkSides } from './reachability.ts';

export interface CheckAllOptions {
  readonly config: BanyanConfig;
  /** All features where left out. */
  readonly feature?: string;
  readonly connect: () => Promise<AdminClient>;
  readonly signal: AbortSignal;
}

/** Everything that can be known before anything is changed. The config itself has been checked by loading it. */
export async function checkAll(options: CheckAllOptions): Promise<CheckReport> {
  const { config, signal } = options;
  const features = Object.values(config.features).filter(
    (one) => options.feature === undefined || one.name === options.feature,
  );
  const routes = features.flatMap((one) => one.routes).length;
  const checks: CheckLine[] = [
    {
      feature: null,
      check: 'config',
      ok: true,
      detail: `${config.file}: ${features.map((one) => one.name).join(', ')}, ${routes} routes`,
    },
    ...(await Promise.all(features.map(checkIdl))).flat(),
    ...features.flatMap(checkTransport),
    ...(await checkDatabases(config)),
    ...(await checkSides(config)),
    ...(await checkIdentities(config, features)),
  ];
  const { admin, lines } = await findControl(options);
  checks.push(...lines);
  try {
    const databasesAnswer = checks.every((one) => one.ok || one.code !== 'BANYAN_DATABASE_UNREACHABLE');
    if (databasesAnswer) checks.push(...(await checkState(config)));
    // Looking into tables that cannot be reached would only say the same again.
    for (const feature of databasesAnswer ? features : []) {
      checks.push(...(await checkFeature({ config, feature, admin, signal })));
    }
  } finally {
    await admin?.close();
  }
  return { ok: checks.every((one) => one.ok), checks };
}

/** A control process that does not run is no fault before the first move: it only has to run by then. */
async function findControl({
  connect,
  signal,
  config,
}: CheckAllOptions): Promise<{ admin: AdminClient | null; lines: CheckLine[] }> {
  const about = { feature: null, check: 'control', ok: true };
  let admin: AdminClient | undefined;
  try {
    admin = await connect();
    const status = await admin.status(signal);
    const detail = `${admin.url} answers (${status.role})`;
    return { admin, lines: [{ ...about, detail }, ...(await checkConfigs(config, status))] };
  } catch (error) {
    await admin?.close();
    const absent = ['BANYAN_CONTROL_UNREACHABLE', 'BANYAN_ADMIN_TOKEN_MISSING'];
    if (!(error instanceof BanyanError && absent.includes(error.code))) throw error;
    return {
      admin: null,
      lines: [{ ...about, detail: 'does not run; start it with `banyan control` before a copy' }],
    };
  }
}
