import { BanyanError } from '../../common/errors.ts';
import { featureOf } from '../fence/fence-row.ts';
import type { MoveSide } from '../move.ts';
import type { MoveSpec } from '../move-spec.ts';

/** A server that is older than it was. */
export interface Restored {
  readonly side: MoveSide;
  /** The last that it knows of, by its own clock, in seconds since 1970; null: it knows nothing of this move. */
  readonly restoredTo: number | null;
  /** When the other server heard of it for the last time, by that one's clock, in seconds since 1970. */
  readonly knownUntil: number | null;
  /** Counts that it lacks. */
  readonly lost: number;
}

/** The side of the shop that a side of a move is. */
export function shopSide(spec: MoveSpec, side: MoveSide): 'legacy' | 'service' {
  return spec.id.endsWith(':forward') === (side === 'source') ? 'legacy' : 'service';
}

export function restoredError(spec: MoveSpec, restored: Restored): BanyanError {
  const { side, restoredTo, knownUntil, lost } = restored;
  const { host, port, database } = spec[side];
  const feature = featureOf(spec);
  const [here, there] = [
    shopSide(spec, side),
    shopSide(spec, side === 'source' ? 'target' : 'source'),
  ] as const;
  const from = restoredTo === null ? 'from before this move' : `as of about ${printTime(restoredTo)}`;
  const until = knownUntil === null ? '' : `; ${there}’s server last heard of it at ${printTime(knownUntil)}`;
  const what = `the server of ${here} (${database} on ${host}:${port}) is older than it was, ${from}${until}: it was restored from a backup, or a replica that lagged took its place.`;
  const details = {
    ...{ feature, side: here, database, lost },
    restoredTo: restoredTo === null ? null : printTime(restoredTo),
    knownUntil: knownUntil === null ? null : printTime(knownUntil),
  };
  if (side === 'target') {
    return new BanyanError(
      'BANYAN_TARGET_RESTORED',
      `${what} It does not own the rows of ${feature}, and lacks some that were carried over.`,
      {
        fix: `Nothing: all rows are compared and what is missing is carried over. By hand: \`banyan resume ${feature}\`.`,
        details,
      },
    );
  }
  return new BanyanError(
    'BANYAN_SOURCE_RESTORED',
    `${what} It owns the rows of ${feature}, and what it lacks ${there} may still have: nothing is carried over to ${there} until somebody decides.`,
    {
      fix: `See what differs: \`banyan repair ${feature} --from ${there} --dry-run\`. Then take the rows that ${here} lacks back from ${there}: \`banyan repair ${feature} --from ${there}\`; or keep ${here}’s as they are and lose them: \`banyan repair ${feature} --from ${here}\`.`,
      details,
    },
  );
}

function printTime(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
