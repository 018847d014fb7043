import type { Move, RefusedStatement } from '../../mover/index.ts';
import type { Side } from '../../router/table/route-table.ts';
import type { MoveDirection } from './move-specs.ts';

export interface RefusedBy {
  readonly user: string;
  readonly host: string;
  /** Without its values. */
  readonly statement: string;
  /** How often this process saw it refused. */
  readonly seen: number;
}

/** What the fence of the side that does not own the rows has refused. */
export interface RefusedReport {
  readonly side: Side;
  readonly count: number;
  /** Since the fence was closed then, ISO 8601, that server's clock. */
  readonly since: string | null;
  /** When this process last saw the count grow, ISO 8601, its own clock; null: not since it began to look. */
  readonly lastAt: string | null;
  /** null: that server does not say whose statements fail. */
  readonly by: readonly RefusedBy[] | null;
}

/** Statements of that many kinds are told apart: a client can make up any number. */
const mostKinds = 50;

/** Looks at a fence again and again, and keeps whose writes it saw refused: servers forget that soon. */
export class RefusedWatch {
  #side: Side = 'legacy';
  #looking = false;
  #report: RefusedReport | null = null;
  #last: ReadonlySet<string> = new Set();
  readonly #kinds = new Map<string, RefusedBy>();

  get report(): RefusedReport | null {
    return this.#report;
  }

  /**
   * Begins a look, unless the last one is still under way. `move`: one in that direction. A server that cannot be asked leaves nothing to
   * tell; that it is away shows in the move's own trouble.
   */
  begin(direction: MoveDirection, move: () => Promise<Move>): void {
    if (this.#looking) return;
    this.#looking = true;
    const side = direction === 'forward' ? 'service' : 'legacy';
    if (side !== this.#side) this.#forget(side);
    move()
      .then((open) => this.#look(open))
      .catch(() => {
        this.#report = null;
      })
      .finally(() => {
        this.#looking = false;
      });
  }

  #forget(side: Side): void {
    this.#side = side;
    this.#report = null;
    this.#last = new Set();
    this.#kinds.clear();
  }

  async #look(move: Move): Promise<void> {
    const before = this.#report;
    const { count, closedAt } = await move.refused('target');
    const grew = count > (before !== null && before.since === closedAt ? before.count : 0);
    // Looked at for the first time, what was refused long ago grows in no sense, but may still be known.
    const statements = grew || before === null ? await move.refusedStatements('target') : null;
    if (statements !== null) this.#note(statements);
    this.#report = {
      ...{ side: this.#side, count, since: closedAt },
      lastAt: grew && before !== null ? new Date().toISOString() : (before?.lastAt ?? null),
      by: statements === null && (before?.by ?? null) === null ? null : this.#by(),
    };
  }

  #note(statements: readonly RefusedStatement[]): void {
    for (const { id, user, host, statement } of statements) {
      const key = JSON.stringify([user, host, statement]);
      if (this.#last.has(id) || (!this.#kinds.has(key) && this.#kinds.size >= mostKinds)) continue;
      const seen = (this.#kinds.get(key)?.seen ?? 0) + 1;
      this.#kinds.set(key, { user, host, statement, seen });
    }
    this.#last = new Set(statements.map(({ id }) => id));
  }

  #by(): RefusedBy[] {
    return [...this.#kinds.values()].sort((a, b) => b.seen - a.seen);
  }
}
