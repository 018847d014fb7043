import { type ChangeEvent, changeEvents } from '../capture/capture-names.ts';
import { derivedName, quoteTable, quoteText } from '../sql/names.ts';

export const fenceEvents = changeEvents;

export function fenceTriggerName(database: string, table: string, event: ChangeEvent): string {
  return derivedName(`banyan_fence_${event.toLowerCase()}`, database, table);
}

/** What the application reads when it writes to rows that the other side owns (SQLSTATE 45000; at most 128 characters). */
const refusal = 'banyan fence: this table does not own its rows now; write through the router';

export function createFenceStatement(database: string, table: string, event: ChangeEvent): string {
  return `CREATE TRIGGER ${quoteTable(database, fenceTriggerName(database, table, event))}
    BEFORE ${event} ON ${quoteTable(database, table)} FOR EACH ROW
    BEGIN IF @banyan_apply IS NULL THEN
      SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ${quoteText(refusal)};
    END IF; END`;
}
