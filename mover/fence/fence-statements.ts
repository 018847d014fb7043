import { fenceRefusalBegins } from '../../common/fence-refusal.ts';
import { type ChangeEvent, changeEvents } from '../capture/triggers/capture-names.ts';
import { derivedName, quoteTable, quoteText } from '../sql/names.ts';
import { type FenceRow, unlessMover } from './fence-row.ts';
import type { Refusals } from './refusals.ts';

export const fenceEvents = changeEvents;

/**
 * Each time that triggers are made they get names of their own (`tag`, 8 hex digits): a process that was superseded while
 * it dropped the ones it knows cannot drop those on which the tables' present owner relies.
 */
export function fenceTriggerName(database: string, table: string, event: ChangeEvent, tag: string): string {
  return derivedName(`banyan_fence_${event.toLowerCase()}_${tag}`, database, table);
}

export function isFenceTrigger(name: string): boolean {
  return /^banyan_fence_(insert|update|delete)_[0-9a-f]{8}_/.test(name);
}

/** What the application reads when it writes to rows that the other side owns (SQLSTATE 45000; at most 128 characters). */
const refusal = `${fenceRefusalBegins}this table does not own its rows now; write through the router`;

/**
 * The lock of the row makes the fence exact: a writer holds it until its transaction ends, so closing waits for it; a later
 * one sees the closed row whatever its snapshot. The keys are read where it is closed only. Without rows nobody passes.
 *
 * What a mover writes passes by the hash of its pass, without a look at another table: two such looks cost 70 to 100 µs for each row, more than all the
 * rest of a copy. Its transactions have locked the row, and their epoch, before they write: see `FenceRow.pass`.
 */
export function fenceTriggerBody(row: FenceRow, refusals: Refusals, passHash: string): string {
  const refuse = `IF COALESCE(${row.closedExpression}, 1) THEN
        IF NOT COALESCE(${row.passesExpression}, 0) THEN
          ${refusals.countStatement};
          SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ${quoteText(refusal)};
        END IF;
      END IF;`;
  return `BEGIN
      ${unlessMover(passHash, refuse)}
    END`;
}

export function createFenceStatement(
  database: string,
  table: string,
  event: ChangeEvent,
  tag: string,
  body: string,
): string {
  return `CREATE TRIGGER ${quoteTable(database, fenceTriggerName(database, table, event, tag))}
    BEFORE ${event} ON ${quoteTable(database, table)} FOR EACH ROW ${body}`;
}
