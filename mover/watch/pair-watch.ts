import { BanyanError } from '../../common/errors.ts';
import { type MoveSpec, sideTables, targetTable } from '../move-spec.ts';
import { foreignKeyFaults, readForeignKeys } from '../preflight/check-foreign-keys.ts';
import { comparePair } from '../preflight/compare-pair.ts';
import { readTableShape } from '../shape/read-table-shape.ts';
import type { Session } from '../sql/session.ts';
import { readColumnHashes } from './fingerprint.ts';

/**
 * Sees to it that the target's tables can hold what the source's hold: when work begins, and whenever the target's columns,
 * unique indexes or foreign keys have changed since. The source's own changes are the capture's business.
 */
export class PairWatch {
  readonly #spec: MoveSpec;
  #approved = '';

  constructor(spec: MoveSpec) {
    this.#spec = spec;
  }

  /** @throws BanyanError BANYAN_TABLES_DIFFER with all faults. */
  async check(source: Session, target: Session): Promise<void> {
    const spec = this.#spec;
    const hashes = await readColumnHashes(target, spec.target.database, sideTables(spec, 'target'));
    const present = JSON.stringify([...hashes]);
    if (present === this.#approved) return;
    const { database } = spec.target;
    const keys = await readForeignKeys(target, database);
    const faults = foreignKeyFaults(keys, database, sideTables(spec, 'target'), 'target');
    for (const table of spec.tables) {
      const here = await readTableShape(source, spec.source.database, table.table);
      const there = await readTableShape(target, database, targetTable(table));
      if (here !== null && there !== null) faults.push(...comparePair(table, here, there));
    }
    if (faults.length > 0) {
      throw new BanyanError(
        'BANYAN_TABLES_DIFFER',
        `the two sides of ${spec.id} do not fit each other: ${faults.map((fault) => fault.what).join('; ')}`,
        { fix: 'Bring both sides to the same schema (each fault tells how), then resume.', faults },
      );
    }
    this.#approved = present;
  }
}
