import type { MoveSpec } from '../../move-spec.ts';
import { quoteTable } from '../../sql/names.ts';
import type { Session } from '../../sql/session.ts';
import type { Fingerprint } from '../../watch/fingerprint.ts';
import { hashRows } from '../../watch/hash-rows.ts';
import { readTriggers } from '../../watch/read-triggers.ts';
import { readIdentities } from '../../watch/table-identity.ts';
import { readCapturedFingerprints } from '../captured-fingerprints.ts';
import {
  captureTriggerName,
  captureTriggerNames,
  changeEvents,
  firstEntry,
  logName,
} from './capture-names.ts';

/** What a captured table looked like when its capture was complete. */
export interface CaptureRecord extends Fingerprint {
  /** A hash of the capture triggers and of when they were made, since one made again is a gap; empty where one is missing. */
  readonly capture: string;
  /** Which table its log is, by InnoDB's number; empty where it is missing or does not begin with its first entry any more. */
  readonly log: string;
}

/** How captured tables look now, by table name. */
export async function readCaptured(
  session: Session,
  spec: MoveSpec,
  tables: readonly string[],
): Promise<Map<string, CaptureRecord>> {
  const { database } = spec.source;
  // Triggers first: a table that is replaced between the two looks is then told as replaced.
  const triggers = await readTriggers(session, database, tables);
  const fingerprints = await readCapturedFingerprints(session, spec, tables);
  const logs = await readLogs(session, database, tables, spec.bookkeepingSchema);
  return new Map(
    [...fingerprints].map(([table, fingerprint]) => {
      const ours = new Set(captureTriggerNames(database, table));
      const always = changeEvents.map((event) => captureTriggerName(database, table, event));
      const found = triggers.filter((trigger) => trigger.table === table && ours.has(trigger.name));
      const facts = found.map(({ name, timing, event, statement, created }) => [
        ...[table, name, timing, event, statement, created],
      ]);
      const whole = always.every((name) => found.some((trigger) => trigger.name === name));
      return [table, { ...fingerprint, capture: whole ? hashRows(facts) : '', log: logs.get(table) ?? '' }];
    }),
  );
}

/** The identity of each table's log that still has its first entry. */
async function readLogs(
  session: Session,
  database: string,
  tables: readonly string[],
  schema: string,
): Promise<Map<string, string>> {
  const names = new Map(tables.map((table) => [logName(database, table), table]));
  const identities = await readIdentities(session, schema, [...names.keys()]);
  const present = [...identities].filter(([, identity]) => identity !== '');
  if (present.length === 0) return new Map();
  const begins = present.map(
    ([log]) => `EXISTS (SELECT 1 FROM ${quoteTable(schema, log)} WHERE seq = ${firstEntry})`,
  );
  const [answers] = await session.texts(`SELECT ${begins.join(', ')}`);
  return new Map(
    present.map(([log, identity], index) => [
      names.get(log) ?? log,
      answers?.[index] === '1' ? identity : '',
    ]),
  );
}
