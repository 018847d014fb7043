import { BanyanError } from '../../common/errors.ts';
import { noStopPoints, type StopPoints } from '../../common/stop-points.ts';
import { withBooksLock } from '../bookkeeping/books-lock.ts';
import { claimEpoch } from '../claim-epoch.ts';
import { Fence } from '../fence/fence.ts';
import type { MoveLogger } from '../move.ts';
import { MoveContext } from '../move-context.ts';
import type { MoveSpec } from '../move-spec.ts';
import { readTablePlan } from '../plan/read-table-plan.ts';
import type { Link } from '../sql/link.ts';
import type { AloneLinks } from '../sql/run-alone.ts';
import { runAlone } from '../sql/run-alone.ts';
import { defaultTuning } from '../tuning.ts';
import { type EndingKind, type EndingPlan, type EndingStep, planEnding } from './ending-plan.ts';
import { untilFeedIsSent } from './feed-ending.ts';
import { isOneServer, Remains } from './remains.ts';
import { deleteRows } from './target-rows.ts';

export interface EndOptions {
  readonly signal: AbortSignal;
  readonly logger: MoveLogger;
  readonly points?: StopPoints;
  /** How long to wait for each table, in milliseconds. */
  readonly patienceMs: number;
  readonly onStep?: (step: EndingStep, index: number, count: number) => void;
}

/**
 * Ends a feature's moves, in both directions, and takes away all that they have left in the databases. Nothing of them may run. What
 * is done stays done: after a crash, or an error whose cause was put right, the same call does the rest.
 *
 * @throws BanyanError BANYAN_ENDING_REFUSED with all faults, before anything is changed; BANYAN_DDL_LOCK_TIMEOUT
 */
export async function endMove(spec: MoveSpec, kind: EndingKind, options: EndOptions): Promise<EndingPlan> {
  const before = await planEnding(spec, kind);
  assertNoFaults(spec, before);
  if (before.steps.length === 0) return before;
  const deletes = before.steps.some((step) => step.rowsOf !== undefined);
  // Whoever fills the tables still is refused from here on.
  const epoch = deletes ? await claimEpoch(spec) : 0;
  const { points = noStopPoints, logger } = options;
  const context = new MoveContext({ spec, epoch, points, logger, tuning: defaultTuning });
  const ending = new Ending(context, options);
  try {
    if (kind === 'finish') await ending.awaitFeed();
    if (deletes) await ending.close();
    // With the triggers and rows that claiming and closing made anew.
    const plan = deletes ? await planEnding(spec, kind) : before;
    for (const [index, step] of plan.steps.entries()) {
      if (step.part === 'shared') continue;
      options.signal.throwIfAborted();
      options.onStep?.(step, index, plan.steps.length);
      await ending.run(step);
      await points.reach('ending:step', { ...step });
    }
    await ending.dropShared();
    logger.info({ move: spec.id, kind, statements: plan.steps.length }, 'the move is ended');
    return plan;
  } finally {
    context.closeLinks();
  }
}

class Ending {
  readonly #context: MoveContext;
  readonly #options: EndOptions;
  readonly #links: Readonly<Record<EndingStep['side'], AloneLinks>>;
  /** For all that is never ended from outside. */
  readonly #plain: Readonly<Record<EndingStep['side'], Link>>;

  constructor(context: MoveContext, options: EndOptions) {
    this.#context = context;
    this.#options = options;
    this.#plain = { source: context.sourceLink(), target: context.targetLink() };
    this.#links = {
      source: { work: context.sourceLink(), kill: context.sourceLink() },
      target: { work: context.targetLink(), kill: context.targetLink() },
    };
  }

  /** The target's tables, which may have been opened when the copy was given up: whoever writes there must not, now. */
  async close(): Promise<void> {
    const { books, epoch } = this.#context;
    const look = this.#plain.target;
    const assertEpoch = async () => books.guard(await look.session(), epoch);
    const fence = new Fence(this.#context, 'target', { ...this.#links.target, look }, assertEpoch);
    const { patienceMs, signal } = this.#options;
    await fence.close({ lockTimeoutMs: patienceMs, signal });
  }

  async awaitFeed(): Promise<void> {
    const { source, target } = this.#plain;
    const faults = await untilFeedIsSent(await source.session(), await target.session(), this.#context.spec);
    assertNoFaults(this.#context.spec, { steps: [], faults, notes: [] });
  }

  async run(step: EndingStep): Promise<void> {
    if (step.rowsOf !== undefined) await this.#deleteRows(step.rowsOf);
    else if (step.alone) await this.#alone(step);
    else await (await this.#plain[step.side].session()).run(step.sql);
  }

  /** Looked at once more, while no feature can be entered. */
  async dropShared(): Promise<void> {
    const { spec, points } = this.#context;
    const sides = isOneServer(spec) ? (['target'] as const) : (['source', 'target'] as const);
    for (const side of sides) {
      const session = await this.#plain[side].session();
      await withBooksLock(session, spec.bookkeepingSchema, async () => {
        for (const step of await (await Remains.read(session, spec, side)).shared()) {
          await session.run(step.sql);
          await points.reach('ending:step', { ...step });
        }
      });
    }
  }

  async #deleteRows(name: string): Promise<void> {
    const { spec } = this.#context;
    await this.#context.withBothSides(async (source, target) => {
      for (const table of spec.tables) {
        const plan = await readTablePlan(source, target, spec, table);
        if (plan.name === name) await deleteRows(this.#context, plan, target, this.#options.signal);
      }
    });
  }

  async #alone({ side, sql, about }: EndingStep): Promise<void> {
    const { patienceMs, signal } = this.#options;
    await runAlone(this.#links[side], sql, {
      patienceMs,
      signal,
      timedOut: (cause) =>
        new BanyanError(
          'BANYAN_DDL_LOCK_TIMEOUT',
          `${sql} (${about}) found no moment without an open transaction within ${patienceMs} ms`,
          {
            fix: 'Look for a transaction that stays open on this table (SHOW PROCESSLIST), end it, and run the command again: it does the rest.',
            cause,
          },
        ),
    });
  }
}

function assertNoFaults(spec: MoveSpec, { faults }: EndingPlan): void {
  if (faults.length === 0) return;
  throw new BanyanError(
    'BANYAN_ENDING_REFUSED',
    `${spec.id.replace(/:forward$/, '')} cannot be ended yet: ${faults.map((fault) => fault.what).join('; ')}`,
    {
      fix: `Put every one of them right, then run the command again; nothing was changed. ${faults.map((fault) => fault.fix).join(' ')}`,
      faults,
    },
  );
}
