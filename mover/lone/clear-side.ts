import { BanyanError } from '../../common/errors.ts';
import { Remains } from '../ending/remains.ts';
import type { MoveSide } from '../move.ts';
import type { MoveSpec } from '../move-spec.ts';
import { Link } from '../sql/link.ts';
import { runAlone } from '../sql/run-alone.ts';

/**
 * Takes the captures and the fence's triggers of one side away, where its tables are open and nothing of the moves is to go on. The other
 * side's server is not asked. `spec`: the forward move. Does the rest when it is called again.
 *
 * @throws BanyanError BANYAN_DDL_LOCK_TIMEOUT
 */
export async function clearSide(
  spec: MoveSpec,
  side: MoveSide,
  { patienceMs, signal }: { readonly patienceMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const [look, work, kill] = [1, 2, 3].map(() => new Link({ endpoint: spec[side], lockWaitSeconds: 5 })) as [
    Link,
    Link,
    Link,
  ];
  try {
    const remains = await Remains.read(await look.session(), spec, side);
    for (const { sql, alone } of await remains.capturesAndFences()) {
      signal.throwIfAborted();
      if (alone)
        await runAlone({ work, kill }, sql, { patienceMs, signal, timedOut: (cause) => late(sql, cause) });
      else await (await look.session()).run(sql);
    }
  } finally {
    for (const link of [look, work, kill]) link.close();
  }
}

function late(sql: string, cause: unknown): BanyanError {
  return new BanyanError('BANYAN_DDL_LOCK_TIMEOUT', `${sql} found no moment without an open transaction`, {
    fix: 'Nothing: it is tried again. Look for a transaction that stays open on this table (SHOW PROCESSLIST).',
    cause,
  });
}
