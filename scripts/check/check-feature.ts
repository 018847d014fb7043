import { BanyanError } from '../../common/errors.ts';
import { nameFeature } from '../../common/name-feature.ts';
import type { AdminClient } from '../../control/api/index.ts';
import type { BanyanConfig, FeatureConfig } from '../../control/config/index.ts';
import { moveSpecs } from '../../control/index.ts';
import { inspectMove } from '../../mover/index.ts';
import type { CheckLine } from './check-report.ts';
import type { OpenControl } from './open-control.ts';

export interface CheckFeatureOptions {
  readonly config: BanyanConfig;
  readonly feature: FeatureConfig;
  /** Null where no control process answers: then the feature counts as not begun. */
  /** Null: no control process runs. */
  readonly control: OpenControl | null;
  readonly signal: AbortSignal;
}

/**
 * What stands between a feature and its next step: before the copy the mover's preflight of its tables, after it the gate
 * of the next cutover or rollback. Changes nothing.
 */
export async function checkFeature(options: CheckFeatureOptions): Promise<CheckLine[]> {
  const { feature, control, signal } = options;
  const stage = control?.status.features.find((one) => one.name === feature.name)?.stage ?? 'legacy';
  if (stage === 'legacy') return checkTables(options);
  if (control !== null && stage === 'syncing')
    return checkGate(control.admin, feature.name, 'cutover', signal);
  if (control !== null && stage === 'extracted')
    return checkGate(control.admin, feature.name, 'rollback', signal);
  return [
    {
      feature: feature.name,
      check: 'stage',
      ok: true,
      detail: `${stage}: nothing to check until it is over`,
    },
  ];
}

async function checkTables({ config, feature, signal }: CheckFeatureOptions): Promise<CheckLine[]> {
  const specs = moveSpecs(config, feature);
  const line = { feature: feature.name, check: 'tables' };
  if (specs === null) return [{ ...line, ok: true, detail: 'the feature has none' }];
  const { faults, warnings } = await inspectMove(specs.forward, { signal });
  const lines = (found: typeof faults, ok: boolean): CheckLine[] =>
    found.map((one) => ({
      ...{ ...line, ok, detail: one.what, code: one.code },
      fix: nameFeature(one.fix, feature.name),
    }));
  const told = lines(warnings, true);
  if (faults.length > 0) return [...lines(faults, false), ...told];
  return [
    {
      ...line,
      ok: true,
      detail: `${feature.tables.map(({ table }) => table).join(', ')} can be moved as they are`,
    },
    ...told,
  ];
}

async function checkGate(
  admin: AdminClient,
  feature: string,
  direction: 'cutover' | 'rollback',
  signal: AbortSignal,
): Promise<CheckLine[]> {
  const asked = await admin.rehearse(feature, direction, signal).catch((error: unknown) => {
    // A feature that is frozen, or whose move failed, has no gate: that is what stands in the way.
    if (error instanceof BanyanError) return error;
    throw error;
  });
  if (asked instanceof BanyanError) {
    const { code, message, fix } = asked;
    return [{ feature, check: direction, ok: false, detail: message, code, fix }];
  }
  return asked.gate.map((one) => ({
    feature,
    check: `${direction}: ${one.check}`,
    ok: one.ok,
    detail: one.detail,
    ...(one.ok ? {} : { code: 'BANYAN_GATE_CLOSED', fix: one.fix ?? '' }),
  }));
}
