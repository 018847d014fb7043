import { databaseTrouble } from '../../common/database-trouble.ts';
import { pause } from '../../common/pause.ts';
import type { MoveContext } from '../move-context.ts';
import { Link } from '../sql/link.ts';
import { describeSign, isOver, nextBrake } from './brake.ts';
import type { Pace } from './pace.ts';
import { readRoom } from './read-room.ts';
import { readSigns } from './read-signs.ts';

export interface WatchLoadOptions {
  readonly context: MoveContext;
  readonly backlog: () => Promise<number>;
  /** Whose pace; the copy's unless given. */
  readonly pace?: Pace;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Looks every `throttleEveryMs` how both servers fare, and slows the work down where one of them has too much to do. */
export async function watchLoad({ context, backlog, signal, ...options }: WatchLoadOptions): Promise<void> {
  const { tuning, commits, logger, spec } = context;
  const { pace = context.pace } = options;
  const links = { source: context.sourceLink(), target: context.targetLink() };
  const replicas = (spec.room?.replicas ?? []).map((endpoint) => ({
    endpoint,
    link: new Link({ endpoint, lockWaitSeconds: 1 }),
  }));
  let brake = 1;
  try {
    while (!signal.aborted) {
      try {
        const signs = await readSigns({
          source: await links.source.session(),
          target: await links.target.session(),
          commitMs: commits.averageMs,
          backlog,
          tuning,
        });
        signs.push(...(await readRoom(context, links, replicas)));
        const next = nextBrake(brake, signs);
        const because = signs.filter(isOver).map(describeSign);
        if (next < brake)
          logger.info({ move: spec.id, share: next, because }, 'slowed down for the servers’ sake');
        brake = next;
        pace.brake(brake, because);
      } catch (error) {
        // The copy itself finds out whether the server comes back.
        if (!signal.aborted && databaseTrouble(error) === null) throw error;
      }
      await pause(tuning.throttleEveryMs, signal);
    }
  } finally {
    pace.brake(1, []);
    links.source.close();
    links.target.close();
    for (const { link } of replicas) link.close();
  }
}
