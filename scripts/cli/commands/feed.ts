import { BanyanError } from '../../../common/errors.ts';
import { pause } from '../../../common/pause.ts';
import type { FeedOutlet, FeedStanding } from '../../../mover/index.ts';
import { formatCount, formatMs } from '../../terminal/numbers.ts';
import {
  CommandContext,
  type CommonFlags,
  featureCommand,
  requireFeature,
  withLookOptions,
} from '../command-context.ts';
import { numberOption } from '../number-option.ts';
import type { CommandFactory } from '../program.ts';

interface Flags extends CommonFlags {
  readonly to?: string;
  readonly stream: string;
  readonly keepDays: number;
  readonly snapshot?: boolean;
}

export const feedCommand: CommandFactory = (io) => {
  const command = featureCommand(
    'feed',
    'Sends the changes of a feature’s rows to NATS JetStream until Ctrl-C or SIGTERM (--to), or has all rows sent as they are now (--snapshot); with neither it says how many entries wait.',
  )
    .option(
      '--to <url>',
      'send what waits, and what comes: nats://HOST:PORT; a second such process stands by',
    )
    .option('--stream <name>', 'the stream, made where it is missing', 'BANYAN_CHANGES')
    .option(
      '--keep-days <days>',
      'how long sent entries are kept, for a broker that loses its disk',
      numberOption({ least: 0.01, most: 3_650 }),
      7,
    )
    .option('--snapshot', 'have the mover append every row, and wait until it has');
  withLookOptions(
    command,
    'banyan feed product --to nats://10.0.0.9:4222',
    'banyan feed product --snapshot',
    'banyan feed product --json | jq .waiting',
  );
  return command.action(async (name: string, flags: Flags) => {
    const context = new CommandContext(io, flags);
    const keepMs = flags.keepDays * 86_400_000;
    const config = await context.config();
    const feature = requireFeature(config, name);
    // Imported only here: the mover and control are more than the other commands need.
    const [{ moveSpecs }, { FeedOutlet }] = await Promise.all([
      import('../../../control/index.ts'),
      import('../../../mover/index.ts'),
    ]);
    const spec = moveSpecs(config, feature)?.forward;
    if (spec?.feed === undefined) throw off(name);
    const outlet = new FeedOutlet(spec);
    try {
      if (flags.to !== undefined) {
        await send(context, outlet, { ...flags, to: flags.to, name, keepMs });
      } else if (flags.snapshot) {
        const tables = await snapshot(outlet, io.signal);
        context.output.result({ feature: name, tables }, () =>
          tables.map(({ table, rows }) => `${table}: ${formatCount(rows)} rows are in the feed.`).join('\n'),
        );
      } else {
        const standing = await outlet.standing();
        context.output.result({ feature: name, ...standing }, () => standingWords(standing));
      }
    } finally {
      outlet.close();
    }
  });
};

interface Sending extends Pick<Flags, 'stream'> {
  readonly to: string;
  readonly name: string;
  readonly keepMs: number;
}

async function send(context: CommandContext, outlet: FeedOutlet, { to, stream, name, keepMs }: Sending) {
  const [{ StreamRelay }, { processLogger }] = await Promise.all([
    import('../../../common/relay/index.ts'),
    import('../process-logger.ts'),
  ]);
  const { io, output } = context;
  const ended = (error: unknown) => error instanceof BanyanError && error.code === 'BANYAN_FEED_ENDED';
  const relay = new StreamRelay({
    ...{ rows: outlet, broker: to, what: 'entries', log: processLogger('feed', io), isFinal: ended, keepMs },
    stream: { name: stream, subjects: ['changes.>'] },
  });
  // A database that is away is the relay's to tell, again and again.
  const begun = await outlet.hasBegun().catch(() => true);
  if (!begun) {
    output.note(
      `There is no feed of ${name} in the databases: it begins with \`banyan copy ${name}\`, and this process waits for it. After a finish or an abandon none comes: stop this process.`,
    );
  }
  output.ready({ ready: true, pid: process.pid, feature: name, to, stream });
  try {
    await relay.run(io.signal);
  } catch (error) {
    if (!ended(error)) throw error;
    output.note(`${(error as BanyanError).message}. ${(error as BanyanError).fix}`);
  }
}

/** Resolves when the rows of every table are in the feed; a relay sends them from there. */
async function snapshot(outlet: FeedOutlet, signal: AbortSignal) {
  const ids = await outlet.askForSnapshot();
  for (;;) {
    const asked = (await outlet.snapshots()).filter(({ id }) => ids.includes(id));
    if (asked.length < ids.length) throw askedAnew();
    if (asked.every(({ done }) => done)) return asked.map(({ table, rows }) => ({ table, rows }));
    await pause(200, signal);
    if (signal.aborted) {
      throw new BanyanError('BANYAN_INTERRUPTED', 'Interrupted; the mover goes on with the snapshot.', {
        fix: 'Look how far it is: `banyan feed FEATURE`.',
      });
    }
  }
}

export function standingWords({ waiting, oldestMs, snapshots }: FeedStanding): string {
  const most = 100_000;
  const count = waiting >= most ? `${formatCount(most)} or more` : formatCount(waiting);
  const words =
    waiting === 0
      ? 'no entry of the feed waits'
      : `${count} ${waiting === 1 ? 'entry waits' : 'entries wait'}, the oldest for ${formatMs(oldestMs)}`;
  const under = snapshots.map(({ table, rows }) => `a snapshot of ${table} is at ${formatCount(rows)} rows`);
  return [words, ...under].join('; ');
}

function off(name: string): BanyanError {
  return new BanyanError(
    'BANYAN_FEED_OFF',
    `features.${name}.feed is not on: there is no change feed of ${name}.`,
    {
      fix: `Set features.${name}.feed to true, then \`banyan reload\`.`,
    },
  );
}

function askedAnew(): BanyanError {
  return new BanyanError(
    'BANYAN_FEED_SNAPSHOT_REPLACED',
    'The snapshot was asked for anew meanwhile, or the feature was ended.',
    {
      fix: 'Look where it is: `banyan feed FEATURE`.',
    },
  );
}
