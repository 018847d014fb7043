import { BanyanError } from '../../common/errors.ts';
import { type MoveSpec, sideTables, targetTable } from '../move-spec.ts';
import { readTablePlan } from '../plan/read-table-plan.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import { comparePair } from '../preflight/compare-pair.ts';
import { foreignKeyFaults } from '../preflight/foreign-key-faults.ts';
import { asCurrentRows } from '../shape/current-rows.ts';
import { readForeignKeys } from '../shape/foreign-key.ts';
import { readTableShape } from '../shape/read-table-shape.ts';
import type { Session } from '../sql/session.ts';
import { readColumnHashes } from './fingerprint.ts';

/**
 * Sees to it that the target's tables can hold what the source's hold: when work begins, and whenever the target's columns,
 * unique indexes or foreign keys have changed since. The source's own changes are the capture's business.
 */
export class PairWatch {
  readonly #spec: MoveSpec;
  readonly #planned: string;
  #approved = '';

  /** `plans`: of the spec's tables, in their order. */
  constructor(spec: MoveSpec, plans: readonly TablePlan[]) {
    this.#spec = spec;
    this.#planned = JSON.stringify(plans);
  }

  /**
   * @throws BanyanError BANYAN_TABLES_DIFFER with all faults; BANYAN_MOVE_OUTDATED when the two fit, but not as they did when the
   * move was opened: its plan knows nothing of a column that came since, and would leave it behind.
   */
  async check(source: Session, target: Session): Promise<void> {
    const spec = this.#spec;
    const present = await readPair(spec, source, target);
    if (present === this.#approved) return;
    const { database } = spec.target;
    const keys = await readForeignKeys(target, database);
    const faults = foreignKeyFaults(keys, database, sideTables(spec, 'target'), 'target');
    for (const table of spec.tables) {
      const here = await readTableShape(source, spec.source.database, table.table);
      const there = await readTableShape(target, database, targetTable(table));
      if (here === null || there === null) continue;
      const [one, other] = [asCurrentRows(here, spec), asCurrentRows(there, spec)];
      faults.push(...comparePair(table, one, other, spec.oneWay));
    }
    if (faults.length > 0) {
      throw new BanyanError(
        'BANYAN_TABLES_DIFFER',
        `the two sides of ${spec.id} do not fit each other: ${faults.map((fault) => fault.what).join('; ')}`,
        { fix: 'Bring both sides to the same schema (each fault tells how), then resume.', faults },
      );
    }
    const plans: TablePlan[] = [];
    for (const table of spec.tables) plans.push(await readTablePlan(source, target, spec, table));
    if (JSON.stringify(plans) !== this.#planned) {
      throw new BanyanError(
        'BANYAN_MOVE_OUTDATED',
        `tables of ${spec.id} were altered since this move was opened`,
        { fix: 'Nothing: the move is opened again. By hand: `banyan resume`.' },
      );
    }
    this.#approved = present;
  }
}

/** What the tables of both sides are now: their columns, unique indexes and foreign keys, hashed. */
async function readPair(spec: MoveSpec, source: Session, target: Session): Promise<string> {
  const here = await readColumnHashes(source, spec.source.database, sideTables(spec, 'source'));
  const there = await readColumnHashes(target, spec.target.database, sideTables(spec, 'target'));
  return JSON.stringify([[...here], [...there]]);
}
