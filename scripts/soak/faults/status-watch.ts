import { pause } from '../../../common/pause.ts';
import type { FeatureStatus, StatusReport } from '../../../control/api/index.ts';
import { logName } from '../../../mover/capture/triggers/capture-names.ts';
import type { Fault } from './fault.ts';
import { feature, leaseMs, schema, type World } from './world.ts';

/** What is so, read from the databases themselves; null: that could not be read at this moment. */
interface Truth {
  readonly stage: string | null;
  /** Of each table's log of the side that owns the rows: the oldest change that waits. */
  readonly oldest: ReadonlyMap<string, string> | null;
}

const lookEveryMs = 400;
/** How long status may take to notice that something does not answer, and then to answer itself. */
const noticeMs = 2_600;

/** Asks for the status without end, and keeps what was not so. */
export class StatusWatch implements AsyncDisposable {
  /** One sentence for each thing that status said, or left out, against the truth. */
  readonly untrue = new Set<string>();
  readonly #world: World;
  readonly #fault: Fault;
  readonly #end = new AbortController();
  readonly #looking: Promise<void>;
  #struckAt = Number.POSITIVE_INFINITY;
  #overAt = Number.POSITIVE_INFINITY;

  constructor(world: World, fault: Fault) {
    this.#world = world;
    this.#fault = fault;
    this.#looking = this.#keepLooking();
  }

  /** The fault begins. */
  struck(): void {
    this.#struckAt = performance.now();
  }

  /** The fault is over. */
  over(): void {
    this.#overAt = performance.now();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#looking;
  }

  async #keepLooking(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const before = await readTruth(this.#world);
      const askedAt = performance.now();
      const said = await ask(this.#world);
      const after = said === null ? before : await readTruth(this.#world);
      const status = said?.features.find(({ name }) => name === feature);
      if (said !== null && status !== undefined) {
        this.#compare(status, before, after);
        this.#compareRouters(said, askedAt);
        this.#compareFault(said, status);
      }
      await pause(lookEveryMs, this.#end.signal);
    }
  }

  #compare({ stage, move }: FeatureStatus, before: Truth, after: Truth): void {
    if (before.stage !== null && before.stage === after.stage && stage !== before.stage) {
      this.untrue.add(`status said stage ${stage}; it was ${before.stage}`);
    }
    if (move?.backlog?.entries !== 0 || stage !== before.stage || stage !== after.stage) return;
    for (const [table, seq] of before.oldest ?? []) {
      if (after.oldest?.get(table) !== seq) continue;
      this.untrue.add(`status said that no change waits, in ${stage}; one of ${table} did`);
    }
  }

  #compareRouters({ replicas }: StatusReport, askedAt: number): void {
    for (const program of [this.#world.programs.router, this.#world.programs.router2]) {
      const { stillSince, pid, name } = program;
      if (stillSince === null || askedAt < stillSince + leaseMs + 1_000) continue;
      if (replicas.some((one) => one.pid === pid)) {
        this.untrue.add(`status said that ${name} was alive, longer than its lease after its end`);
      }
    }
  }

  /** While a database that the move needs is away, status must not look as on a good day. */
  #compareFault(report: StatusReport, status: FeatureStatus): void {
    if (!this.#fault.told || status.stage === 'legacy' || status.stage === 'finished') return;
    const now = performance.now();
    if (now < this.#struckAt + noticeMs || now > this.#overAt) return;
    const word =
      report.role !== 'active' ||
      status.hold ||
      status.running !== null ||
      status.failing !== null ||
      status.finding !== null ||
      (status.move?.trouble ?? null) !== null ||
      status.unreachable.length + report.unreachable.length > 0;
    if (!word) this.untrue.add(`status said nothing of it, in ${status.stage}`);
  }
}

async function ask(world: World): Promise<StatusReport | null> {
  try {
    const admin = await world.admin();
    try {
      return await admin.status(AbortSignal.timeout(4_000));
    } finally {
      await admin.close();
    }
  } catch {
    // No answer says nothing that is not so.
    return null;
  }
}

async function readTruth({ databases, variant }: World): Promise<Truth> {
  const stage = await databases.store
    .query('SELECT stage FROM state_features WHERE feature = ?', [feature], schema)
    .then(([row]) => (row === undefined ? null : String(row.stage)), unread);
  const owner = stage === 'extracted' || stage === 'rolling_back' ? 'service' : 'legacy';
  if (stage === null || stage === 'legacy' || stage === 'finished' || variant === 'other')
    return { stage, oldest: null };
  // The entry that each log begins with is no change.
  const logs = ['parcels', 'parcel_events'].map(
    (table) => `(SELECT MIN(seq) FROM \`${logName(owner, table)}\` WHERE seq > 1) AS ${table}`,
  );
  const oldest = await databases[owner]
    .query(`SELECT ${logs.join()}`, [], schema)
    .then(
      ([row]) =>
        new Map(
          Object.entries(row ?? {}).flatMap(([table, seq]) => (seq === null ? [] : [[table, String(seq)]])),
        ),
      unread,
    );
  return { stage, oldest };
}

/** The server does not answer, or has not been prepared yet: the truth is not to be had now. */
function unread(): null {
  return null;
}
