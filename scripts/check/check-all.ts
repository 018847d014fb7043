import { BanyanError } from '../../common/errors.ts';
import { counted } from '../../common/numbers.ts';
import { type AdminClient, connectionRefused, reason } from '../../control/api/index.ts';
import type { BanyanConfig } from '../../control/config/index.ts';
import { checkConfigs } from './check-configs.ts';
import { checkFeature } from './check-feature.ts';
import { checkIdentities } from './check-identity.ts';
import { checkIdl, checkTransport } from './check-idl.ts';
import type { CheckLine, CheckReport } from './check-report.ts';
import { checkState } from './check-state.ts';
import type { OpenControl } from './open-control.ts';
import { checkDatabases, checkSides } from './reachability.ts';

export interface CheckAllOptions {
  readonly config: BanyanConfig;
  /** All features where left out. */
  readonly feature?: string;
  /** How control is reached; or a client that is open, which stays so, and what it said. */
  readonly control: (() => Promise<AdminClient>) | OpenControl;
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
      detail: `${config.file}: ${features.length === 0 ? 'no feature yet' : features.map((one) => one.name).join(', ')}, ${counted(routes, 'route')}`,
    },
    ...(await Promise.all(features.map(checkIdl))).flat(),
    ...features.flatMap(checkTransport),
    ...(await checkDatabases(config, features)),
    ...(await checkSides(config, features)),
    ...(await checkIdentities(config, features)),
  ];
  const { control, lines } = await findControl(options);
  checks.push(...lines);
  try {
    const databasesAnswer = checks.every((one) => one.ok || one.code !== 'BANYAN_DATABASE_UNREACHABLE');
    if (databasesAnswer) checks.push(...(await checkState(config)));
    // Looking into tables that cannot be reached would only say the same again.
    for (const feature of databasesAnswer ? features : []) {
      checks.push(...(await checkFeature({ config, feature, control, signal })));
    }
  } finally {
    if (control !== options.control) await control?.admin.close();
  }
  return { ok: checks.every((one) => one.ok), checks };
}

/** A control process that does not run is no fault before the first move: it only has to run by then. */
async function findControl({
  control,
  signal,
  config,
}: CheckAllOptions): Promise<{ readonly control: OpenControl | null; readonly lines: CheckLine[] }> {
  const about = { feature: null, check: 'control', ok: true };
  const linesOf = async ({ admin, status }: OpenControl) => [
    { ...about, detail: `${admin.url} answers (${status.role})` },
    ...(await checkConfigs(config, status)),
  ];
  if (typeof control !== 'function') return { control, lines: await linesOf(control) };
  let admin: AdminClient | undefined;
  try {
    admin = await control();
    const open = { admin, status: await admin.status(signal) };
    return { control: open, lines: await linesOf(open) };
  } catch (error) {
    await admin?.close();
    const absent = ['BANYAN_CONTROL_UNREACHABLE', 'BANYAN_ADMIN_TOKEN_MISSING'];
    if (!(error instanceof BanyanError && absent.includes(error.code))) throw error;
    const { code, cause, message: detail, fix } = error;
    // What keeps its port open and says nothing runs, but not well.
    if (code === 'BANYAN_CONTROL_UNREACHABLE' && reason(cause) !== connectionRefused)
      return { control: null, lines: [{ ...about, detail, code, fix }] };
    return {
      control: null,
      lines: [{ ...about, detail: 'does not run; start it with `banyan control` before a copy' }],
    };
  }
}
