import { describeError, type Fault } from '../../common/errors.ts';
import { TargetBooks } from '../bookkeeping/target-books.ts';
import { severedAmong, severFaults, severWarnings, withoutSevered } from '../edge/severed.ts';
import {
  capturedBy,
  type DatabaseEndpoint,
  inverseTable,
  type MoveSpec,
  sideTables,
  type TableSpec,
  targetTable,
} from '../move-spec.ts';
import { triggerFindings } from '../own-triggers/trigger-findings.ts';
import { makeTablePlan } from '../plan/make-table-plan.ts';
import { isMapped } from '../plan/map-columns.ts';
import { checkMoverPrivileges } from '../privileges/missing-privileges.ts';
import { moverPrivileges } from '../privileges/needed-privileges.ts';
import { proposeKey } from '../schema/propose-key.ts';
import { readTableDefinition } from '../schema/read-table-definition.ts';
import { withoutHistory } from '../schema/without-history.ts';
import { asCurrentRows } from '../shape/current-rows.ts';
import { readForeignKeys } from '../shape/foreign-key.ts';
import { readTableShape } from '../shape/read-table-shape.ts';
import type { TableShape } from '../shape/table-shape.ts';
import { quoteTable } from '../sql/names.ts';
import { Session } from '../sql/session.ts';
import { readTriggers } from '../watch/read-triggers.ts';
import { captureEffects } from './capture-effects.ts';
import { checkBinlog } from './check-binlog.ts';
import { pairFaults, readServerFacts, serverFaults } from './check-servers.ts';
import { compareDefinitions } from './compare-definitions.ts';
import { comparePair } from './compare-pair.ts';
import { feedKeyFaults } from './feed-key-faults.ts';
import { foreignKeyFaults, instantCascadeFaults } from './foreign-key-faults.ts';
import { groupKeyCost } from './group-key-cost.ts';
import { groupCascadeFaults, groupKeyWarnings } from './group-key-faults.ts';
import { loadWarnings } from './load-warnings.ts';
import { roomWarnings } from './room-warnings.ts';
import { sharedUnique } from './shared-unique.ts';
import { tryMapping } from './try-mapping.ts';
import { unmatchedUnique } from './unmatched-unique.ts';

export interface PreflightOptions {
  readonly signal?: AbortSignal;
  /**
   * `none`: the target's tables must be empty, unless this move has filled them (a copy to come). `any`: they hold the
   * rows already (a reverse move). Default `none`.
   */
  readonly targetRows?: 'none' | 'any';
}

export interface PreflightReport {
  /** What stands in the way: empty when the move can begin. */
  readonly faults: readonly Fault[];
  /** What the two sides do differently, with the consequence; nothing keeps the move from it. */
  readonly warnings: readonly Fault[];
}

/** Everything that stands in the way of a move, all at once; empty when it can begin. Changes nothing. */
export async function preflight(spec: MoveSpec, options: PreflightOptions = {}): Promise<readonly Fault[]> {
  return (await inspectMove(spec, options)).faults;
}

/** The preflight, with its warnings. Changes nothing. */
export async function inspectMove(spec: MoveSpec, options: PreflightOptions = {}): Promise<PreflightReport> {
  const faults: Fault[] = [];
  const warnings: Fault[] = spec.oneWay ? [rollbackOff(spec)] : [];
  const source = await open(spec.source, faults);
  const target = await open(spec.target, faults);
  try {
    if (sameDatabase(spec)) {
      faults.push({
        code: 'BANYAN_SAME_DATABASE',
        what: `both sides are the database ${spec.source.database} at ${spec.source.host}:${spec.source.port}`,
        fix: 'Give the service a database of its own.',
      });
      return { faults, warnings };
    }
    const sides = [
      [source, spec.source, 'source'],
      [target, spec.target, 'target'],
    ] as const;
    for (const [session, endpoint, side] of sides) {
      options.signal?.throwIfAborted();
      if (session === null) continue;
      faults.push(...(await checkSide(session, endpoint, side, spec)));
      const triggers = triggerFindings(await readTriggers(session, endpoint.database, 'all'), spec, side);
      faults.push(...triggers.faults);
      warnings.push(...triggers.warnings);
      warnings.push(...severWarnings(await readForeignKeys(session, endpoint.database), spec, side));
      if (capturedBy(spec, side) === 'triggers' && !(side === 'target' && spec.oneWay)) {
        warnings.push(...captureEffects(session.engine, endpoint));
      }
      if (capturedBy(spec, side) !== 'binlog') continue;
      const binlog = await checkBinlog(session, spec, side);
      faults.push(...binlog.faults);
      warnings.push(...binlog.warnings);
    }
    if (target !== null) {
      warnings.push(...(await roomWarnings(target, spec.target)));
      warnings.push(...(await loadWarnings(target, spec)));
    }
    if (source !== null && target !== null) {
      faults.push(...pairFaults(await readServerFacts(source), await readServerFacts(target)));
      for (const table of spec.tables) {
        options.signal?.throwIfAborted();
        const found = await checkTable(source, target, spec, table, options.targetRows ?? 'none').catch(
          (error: unknown) => unlessTold(error, faults),
        );
        faults.push(...found.faults);
        warnings.push(...found.warnings);
      }
    }
    warnings.push(...(await sharedWarnings(source, target, spec)));
    return { faults, warnings };
  } finally {
    source?.close();
    target?.close();
  }
}

async function open(endpoint: DatabaseEndpoint, faults: Fault[]): Promise<Session | null> {
  try {
    return await Session.open({ endpoint, lockWaitSeconds: 5 });
  } catch (error) {
    faults.push({
      code: 'BANYAN_DATABASE_UNREACHABLE',
      what: `${endpoint.user} cannot work at ${endpoint.host}:${endpoint.port}: ${error instanceof Error ? error.message || (error as { code?: string }).code : error}`,
      fix: 'Check that the server runs and that host, port, user and password in banyan.config.ts are right.',
    });
    return null;
  }
}

/** A look that a missing right forbids says nothing new where the right is on the list. */
function unlessTold(error: unknown, faults: readonly Fault[]): PreflightReport {
  const { code } = describeError(error);
  if (code === 'BANYAN_PRIVILEGE_MISSING' && faults.some((fault) => fault.code === code)) {
    return { faults: [], warnings: [] };
  }
  throw error;
}

function rollbackOff({ source }: MoveSpec): Fault {
  return {
    code: 'BANYAN_ROLLBACK_OFF',
    what: `rollback is off: from the cutover on the tables in ${source.database} are closed and kept current no more, and nothing brings the rows back`,
    fix: 'If that is not what you mean, take `rollback: false` out of banyan.config.ts before the copy.',
  };
}

function sameDatabase({ source, target }: MoveSpec): boolean {
  return source.host === target.host && source.port === target.port && source.database === target.database;
}

async function checkSide(
  session: Session,
  endpoint: DatabaseEndpoint,
  side: 'source' | 'target',
  spec: MoveSpec,
): Promise<Fault[]> {
  const tables = sideTables(spec, side);
  const needed = moverPrivileges({
    engine: session.engine,
    database: endpoint.database,
    tables,
    bookkeepingSchema: spec.bookkeepingSchema,
    // Tables that are missing are told of; who makes them is the user's choice.
    makesTables: false,
    capture: capturedBy(spec, side),
  });
  const keys = await readForeignKeys(session, endpoint.database);
  return [
    ...serverFaults(endpoint, await readServerFacts(session)),
    ...(await checkMoverPrivileges(session, endpoint, needed)),
    ...foreignKeyFaults(keys, endpoint.database, tables, side, severedAmong(keys, spec, side)),
    ...(capturedBy(spec, side) === 'triggers'
      ? [
          ...groupCascadeFaults(keys, endpoint.database, spec, side),
          ...(await instantCascadeFaults(session, keys, endpoint.database, tables)),
        ]
      : []),
    ...severFaults(keys, spec, side),
  ];
}

async function checkTable(
  source: Session,
  target: Session,
  spec: MoveSpec,
  table: TableSpec,
  targetRows: 'none' | 'any',
): Promise<PreflightReport> {
  const foundHere = await readTableShape(source, spec.source.database, table.table);
  const foundThere = await readTableShape(target, spec.target.database, targetTable(table));
  if (foundHere === null || foundThere === null) {
    const gone = [
      ...(foundHere === null ? [missing(spec.source, table.table)] : []),
      ...(foundThere === null ? [missing(spec.target, targetTable(table))] : []),
    ];
    return { faults: gone, warnings: [] };
  }
  const [here, there] = [asCurrentRows(foundHere, spec), asCurrentRows(foundThere, spec)];
  const {
    faults: further,
    warnings,
    proposal,
  } = isMapped(table)
    ? {
        faults: await tryMapping(source, target, table, here, there),
        warnings: [],
        proposal: await keyProposal(source, spec, table.table),
      }
    : await compareDeeper(source, target, spec, table.table);
  const faults = comparePair(table, here, there, spec.oneWay).map((fault) =>
    fault.code === 'BANYAN_TABLE_NO_KEY' && proposal !== null ? { ...fault, fix: proposal } : fault,
  );
  faults.push(...further, ...feedKeyFaults(spec, table, here, there));
  const told = [...warnings];
  if (isMapped(table) && table.key === undefined) {
    told.push(...unmatchedUnique(table, here, there, spec.oneWay ?? false));
  }
  if (table.key !== undefined && faults.length === 0) {
    const cost = await groupKeyCost(source, target, table, here, there);
    faults.push(...cost.faults);
    told.push(...groupKeyWarnings(here, there), ...cost.warnings);
  }
  if (targetRows === 'none' && there.tableType === 'BASE TABLE') {
    const [row] = await target.rows(
      `SELECT 1 FROM ${quoteTable(spec.target.database, targetTable(table))} WHERE ${targetScope(table, here, there)} LIMIT 1`,
    );
    const books = new TargetBooks(spec.bookkeepingSchema, spec.id);
    if (row !== undefined && !(await books.hasProgress(target))) {
      faults.push({
        code: 'BANYAN_TARGET_NOT_EMPTY',
        what: `${spec.target.database}.${targetTable(table)} holds rows that this move did not bring`,
        fix: 'Empty the table, or give the service another database. Rows of a copy that was given up go by `banyan abandon FEATURE --clean`.',
      });
    }
  }
  return { faults, warnings: told };
}

/** Of tables into which several go: on the way there, and on the way back. */
async function sharedWarnings(
  source: Session | null,
  target: Session | null,
  spec: MoveSpec,
): Promise<Fault[]> {
  const ways = [
    { session: target, database: spec.target.database, tables: spec.tables },
    {
      ...{ session: source, database: spec.source.database },
      tables: spec.oneWay ? [] : spec.tables.map(inverseTable),
    },
  ];
  const found: Fault[] = [];
  for (const { session, database, tables } of ways) {
    for (const [into, specs] of Map.groupBy(tables, targetTable)) {
      const shape =
        session === null || specs.length < 2 ? null : await readTableShape(session, database, into);
      if (shape !== null) found.push(...sharedUnique({ shape, from: specs }));
    }
  }
  return found;
}

/** Rows outside it are not the move's. All rows, where the tables do not fit each other. */
function targetScope(table: TableSpec, here: TableShape, there: TableShape): string {
  try {
    return makeTablePlan(table, here, there).target.scope;
  } catch {
    return 'TRUE';
  }
}

async function keyProposal(source: Session, { source: { database } }: MoveSpec, table: string) {
  const definition = await readTableDefinition(source, database, table);
  return definition === null ? null : proposeKey(definition);
}

async function compareDeeper(source: Session, target: Session, spec: MoveSpec, table: string) {
  const here = await readTableDefinition(source, spec.source.database, table);
  const there = await readTableDefinition(target, spec.target.database, table);
  const proposal = here === null ? null : proposeKey(here);
  if (here === null || there === null) return { faults: [], warnings: [], proposal };
  const compared = compareDefinitions(
    withoutHistory(withoutSevered(here, spec, 'source')),
    withoutHistory(withoutSevered(there, spec, 'target')),
  );
  return { ...compared, proposal };
}

function missing(endpoint: DatabaseEndpoint, table: string): Fault {
  return {
    code: 'BANYAN_TABLE_MISSING',
    what: `there is no table ${table} in ${endpoint.database} at ${endpoint.host}:${endpoint.port}`,
    fix: 'Run the migrations of that database (`banyan schema FEATURE --apply` makes the tables of a service), or correct the table name in banyan.config.ts.',
  };
}
