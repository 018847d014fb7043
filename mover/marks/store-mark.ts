import { BanyanError } from '../../common/errors.ts';
import { featureOf } from '../fence/fence-row.ts';
import type { MoveSpec } from '../move-spec.ts';

/** An entry of the state store's log, which grows with every change and is never written anew. */
export interface StoreMark {
  readonly entry: number;
  /** Of that entry and all before it. */
  readonly hash: string;
  /** Where the feature was then. */
  readonly stage: string;
}

/** The state store that a move goes by. */
export interface StoreLedger {
  /** Its last entry. */
  newest(): Promise<StoreMark>;
  /** Whether it has all of these. */
  has(marks: readonly StoreMark[]): Promise<boolean>;
}

/** The state store lacks what a server was told of it. */
export function storeRestored(spec: MoveSpec, { entry, stage }: StoreMark): BanyanError {
  const feature = featureOf(spec);
  return new BanyanError(
    'BANYAN_STATE_RESTORED',
    `the state store is older than it was: it lacks entry ${entry} of its audit log, of which the databases of ${feature} were told (${feature} was ${stage} then). It was restored from a backup, and may be wrong about who owns the rows: nothing is opened or carried over.`,
    {
      fix: `\`banyan resume ${feature}\` has it take what the databases themselves say: which side's tables are open.`,
      details: { feature, entry, stage },
    },
  );
}
