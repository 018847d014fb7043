import { BanyanError } from '../../common/errors.ts';
import { type LookedAtRow, lookAtRow } from '../../mover/index.ts';
import type { BanyanConfig } from '../config/index.ts';
import { moveSpecs } from '../runner/index.ts';

export interface AskedRow {
  readonly feature: string;
  /** Legacy's; may be left out where the feature has one table. */
  readonly table?: string | undefined;
  /** Values of the key's columns, in their order. */
  readonly key: readonly string[];
}

/** The rows of one key as both sides have them. */
export interface RowReport {
  readonly feature: string;
  readonly rows: readonly {
    readonly table: string;
    readonly key: Readonly<Record<string, string>>;
    readonly on: { readonly legacy: boolean; readonly service: boolean };
    readonly equal: boolean;
    readonly columns: readonly {
      readonly name: string;
      readonly legacy: string | null;
      readonly service: string | null;
      readonly equal: boolean;
    }[];
  }[];
}

/**
 * Reads both databases; changes nothing.
 *
 * @throws BanyanError BANYAN_FEATURE_UNKNOWN, BANYAN_TABLE_UNKNOWN, BANYAN_KEY_UNREADABLE
 */
export async function lookAtFeatureRow(
  config: BanyanConfig,
  { feature, table, key }: AskedRow,
): Promise<RowReport> {
  const about = config.features[feature];
  if (about === undefined) {
    throw new BanyanError('BANYAN_FEATURE_UNKNOWN', `The config names no feature "${feature}".`, {
      fix: `Name one of: ${Object.keys(config.features).join(', ')}.`,
    });
  }
  const specs = moveSpecs(config, about);
  if (specs === null) {
    throw new BanyanError('BANYAN_TABLE_UNKNOWN', `${feature} has no tables.`, {
      fix: 'Name a feature that has tables.',
    });
  }
  const found = await lookAtRow(specs.forward, table, key);
  return { feature, rows: found.map(bySide) };
}

function bySide({ on, columns, ...row }: LookedAtRow): RowReport['rows'][number] {
  return {
    ...row,
    on: { legacy: on.source, service: on.target },
    columns: columns.map(({ name, source, target, equal }) => ({
      ...{ name, legacy: source, service: target, equal },
    })),
  };
}
