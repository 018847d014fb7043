import type { Session } from '../../sql/session.ts';
import { type Fingerprint, readFingerprints } from '../../watch/fingerprint.ts';
import { hashRows } from '../../watch/hash-rows.ts';
import { readTriggers } from '../../watch/read-triggers.ts';
import { captureTriggerName, changeEvents } from './capture-names.ts';

/** What a captured table looked like when its capture was complete. */
export interface CaptureRecord extends Fingerprint {
  /** A hash of the capture triggers and of when they were made, since one made again is a gap; empty where one is missing. */
  readonly capture: string;
}

/** How captured tables look now, by table name. */
export async function readCaptured(
  session: Session,
  database: string,
  tables: readonly string[],
): Promise<Map<string, CaptureRecord>> {
  // Triggers first: a table that is replaced between the two looks is then told as replaced.
  const triggers = await readTriggers(session, database, tables);
  const fingerprints = await readFingerprints(session, database, tables);
  return new Map(
    [...fingerprints].map(([table, fingerprint]) => {
      const ours = new Set(changeEvents.map((event) => captureTriggerName(database, table, event)));
      const found = triggers.filter((trigger) => trigger.table === table && ours.has(trigger.name));
      const facts = found.map(({ name, timing, event, statement, created }) => [
        ...[table, name, timing, event, statement, created],
      ]);
      return [table, { ...fingerprint, capture: facts.length === ours.size ? hashRows(facts) : '' }];
    }),
  );
}
