import { BanyanError } from '../../common/errors.ts';
import type { BanyanConfig } from '../../control/config/index.ts';
import type { AdminClient } from '../cli/admin-client.ts';
import { checkFeature } from './check-feature.ts';
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
  ];
  const { admin, line } = await findControl(options);
  checks.push(line);
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
}: CheckAllOptions): Promise<{ admin: AdminClient | null; line: CheckLine }> {
  const about = { feature: null, check: 'control', ok: true };
  let admin: AdminClient | undefined;
  try {
    admin = await connect();
    const { role } = await admin.status(signal);
    return { admin, line: { ...about, detail: `${admin.url} answers (${role})` } };
  } catch (error) {
    await admin?.close();
    const absent = ['BANYAN_CONTROL_UNREACHABLE', 'BANYAN_ADMIN_TOKEN_MISSING'];
    if (!(error instanceof BanyanError && absent.includes(error.code))) throw error;
    return {
      admin: null,
      line: { ...about, detail: 'does not run; start it with `banyan control` before a copy' },
    };
  }
}
