import type { MoveContext } from '../move-context.ts';
import { sideTables } from '../move-spec.ts';
import type { Link } from '../sql/link.ts';
import { TableGuard } from './table-guard.ts';

/** Both sides' tables while clients are held: kept as they are, and sessions that are open by then. */
export class HeldTables {
  readonly #context: MoveContext;
  #guards: readonly TableGuard[] = [];
  /** For what is looked at while clients are held: open as long as the guards are. */
  #ready: { readonly source: Link; readonly target: Link } | null = null;

  constructor(context: MoveContext) {
    this.#context = context;
  }

  /** Null where nothing is held. */
  get ready(): { readonly source: Link; readonly target: Link } | null {
    return this.#ready;
  }

  /** `check` looks at what stays so as long as the tables are held. Where anything fails nothing is held. */
  async hold(check: () => Promise<void>): Promise<void> {
    this.release();
    const { spec } = this.#context;
    const guards: TableGuard[] = [];
    this.#guards = guards;
    try {
      for (const side of ['source', 'target'] as const) {
        guards.push(await TableGuard.open(spec, side, sideTables(spec, side)));
      }
      this.#ready = { source: this.#context.sourceLink(), target: this.#context.targetLink() };
      for (const link of [this.#ready.source, this.#ready.target]) await link.session();
      await check();
    } catch (error) {
      this.release();
      throw error;
    }
  }

  async assertHeld(): Promise<void> {
    await Promise.all(this.#guards.map((guard) => guard.assertOpen()));
  }

  release(): void {
    for (const one of this.#guards) one.close();
    this.#ready?.source.close();
    this.#ready?.target.close();
    this.#guards = [];
    this.#ready = null;
  }
}
