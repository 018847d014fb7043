import type { Fault } from '../../common/errors.ts';
import type { EngineKind } from '../sql/session.ts';

const engineNames: Readonly<Record<EngineKind, string>> = { mysql: 'MySQL', mariadb: 'MariaDB' };

/** Where one table's translation notes what does not go over, or goes over changed. */
export class Translation {
  readonly from: EngineKind;
  readonly to: EngineKind;
  readonly place: string;
  /** What the target's engine cannot hold exactly: no statement is made. */
  readonly faults: Fault[] = [];
  /** What the statement leaves out or writes in another way, with the consequence. */
  readonly notes: Fault[] = [];
  readonly #collations = new Map<string, string[]>();

  constructor(from: EngineKind, to: EngineKind, place: string) {
    this.from = from;
    this.to = to;
    this.place = place;
  }

  /** Both sides run the same engine: everything goes over as it stands. */
  get same(): boolean {
    return this.from === this.to;
  }

  get target(): string {
    return engineNames[this.to];
  }

  get source(): string {
    return engineNames[this.from];
  }

  fault(what: string, fix: string): void {
    this.faults.push({ code: 'BANYAN_SCHEMA_UNTRANSLATABLE', what: `${this.place}: ${what}`, fix });
  }

  /** The nearest collation instead of one that the target lacks: told once for all columns. */
  replacedCollation(column: string, before: string, after: string): void {
    const change = `${after} for ${before}`;
    this.#collations.set(change, [...(this.#collations.get(change) ?? []), column]);
  }

  /** To be called when the table is done. */
  noteCollations(): void {
    for (const [change, columns] of this.#collations) {
      this.note(
        `${columns.length === 1 ? 'column' : 'columns'} ${columns.join(', ')} with ${change}: comparisons and ORDER BY may differ in rare characters and trailing blanks`,
        'Nothing, if no query depends on it; else give both sides a collation that both engines have.',
      );
    }
  }

  note(what: string, fix: string): void {
    this.notes.push({ code: 'BANYAN_SCHEMA_ADAPTED', what: `${this.place}: ${what}`, fix });
  }
}
