import type { EngineKind } from '../../sql/session.ts';
import { positionLost } from './binlog-faults.ts';
import { GtidPosition } from './gtid-position.ts';
import { GtidSet } from './gtid-set.ts';
import type { Gtid } from './gtids.ts';

/** Tells the transactions of a log that were read already, on the server before it, from those that were not. */
export interface KnownTransactions {
  has(gtid: Gtid): boolean;
  /** A file of the log begins after these (MariaDB). */
  fileBegins(after: readonly Gtid[]): void;
  /** Transactions that were read may still come. */
  readonly expected: boolean;
}

export function knownTransactions(engine: EngineKind, gtids: string): KnownTransactions {
  return engine === 'mysql' ? new KnownSet(GtidSet.parse(gtids)) : new KnownUntil(GtidPosition.parse(gtids));
}

class KnownSet implements KnownTransactions {
  readonly #set: GtidSet;
  readonly expected = false;

  constructor(set: GtidSet) {
    this.#set = set;
  }

  has(gtid: Gtid): boolean {
    return this.#set.has(gtid);
  }

  fileBegins(): void {}
}

/** In each domain all are known up to the last one that was read. */
class KnownUntil implements KnownTransactions {
  readonly #until: Map<string, Gtid>;

  constructor(position: GtidPosition) {
    this.#until = new Map(position.last.map((gtid) => [gtid.domain, gtid]));
  }

  get expected(): boolean {
    return this.#until.size > 0;
  }

  has({ domain, origin, number }: Gtid): boolean {
    const until = this.#until.get(domain);
    if (until === undefined) return false;
    if (origin !== until.origin || number < until.number) return true;
    this.#until.delete(domain);
    if (number === until.number) return true;
    throw positionLost(
      `transaction ${domain}-${until.origin}-${until.number}, the last that was read, is not in its log`,
    );
  }

  fileBegins(after: readonly Gtid[]): void {
    for (const { domain, number, origin } of GtidPosition.of(after).last) {
      const until = this.#until.get(domain);
      if (until?.origin === origin && until.number === number) this.#until.delete(domain);
    }
  }
}
