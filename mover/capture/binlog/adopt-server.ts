import type { MoveContext } from '../../move-context.ts';
import type { Session } from '../../sql/session.ts';
import { schemaChanged } from '../capture-faults.ts';
import { readCapturedFingerprints } from '../captured-fingerprints.ts';
import type { BinlogBooks, BinlogRecord } from './binlog-books.ts';
import { otherServer } from './binlog-faults.ts';
import { serverOf } from './binlog-settings.ts';
import { findInLog } from './find-in-log.ts';

/**
 * The record as it is for the server that the session is with. After a failover that is another one: the log is read on there, from
 * a place that the ids of transactions tell. Its own numbers of tables are taken as they are: what happened to the tables since the
 * record's place is in its log.
 *
 * @throws BanyanError BANYAN_BINLOG_LOST, BANYAN_SCHEMA_CHANGED; nothing is changed then.
 */
export async function onThisServer(
  { spec }: MoveContext,
  session: Session,
  record: BinlogRecord,
): Promise<BinlogRecord> {
  const server = await serverOf(session);
  if (server === record.server) return record;
  const { gtids } = record.position;
  if (gtids === null) throw otherServer(record.server, 'the ids of its transactions are not known');
  const names = Object.keys(record.tables);
  const tables = await readCapturedFingerprints(session, spec, names);
  const altered = names.find((name) => tables.get(name)?.columns !== record.tables[name]?.columns);
  if (altered !== undefined) throw schemaChanged(spec.source.database, altered);
  const place = await findInLog((sql) => session.texts(sql), session.engine, gtids);
  return { ...record, server, position: { ...place, gtids, born: null }, tables: Object.fromEntries(tables) };
}

/** The same, and written down. */
export async function adoptServer(
  context: MoveContext,
  books: BinlogBooks,
  session: Session,
  record: BinlogRecord,
): Promise<BinlogRecord> {
  const now = await onThisServer(context, session, record);
  if (now === record) return record;
  await books.changeServer(session, record, now);
  const { logger, spec } = context;
  const { file, at, gtids } = now.position;
  logger.warn(
    { move: spec.id, before: record.server, now: now.server, file, at, gtids },
    'the address leads to another server: its binary log is read on by the ids of transactions',
  );
  return now;
}
