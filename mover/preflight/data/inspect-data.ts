import type { Fault } from '../../../common/errors.ts';
import { type MoveSpec, unmapped } from '../../move-spec.ts';
import { type KeyRange, wholeTable } from '../../plan/key-range.ts';
import { nextChunk } from '../../plan/next-chunk.ts';
import { readTablePlan } from '../../plan/read-table-plan.ts';
import { exactSql } from '../../plan/side-column.ts';
import type { SidePlan } from '../../plan/side-plan.ts';
import { readTableDefinition } from '../../schema/read-table-definition.ts';
import { readTableShape } from '../../shape/read-table-shape.ts';
import { Session } from '../../sql/session.ts';
import type { DataQuestion } from './data-question.ts';
import { equalRows } from './equal-rows.ts';
import { tableQuestions } from './table-questions.ts';

/** Rows looked at by one statement. */
const chunkRows = 20_000;

export interface DataProgress {
  readonly table: string;
  readonly rowsDone: number;
  readonly rowsTotalEstimate: number;
}

export interface InspectDataOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DataProgress) => void;
}

export interface DataReport {
  /** Rows that cannot be carried over as they are. */
  readonly faults: readonly Fault[];
  /** Rows that arrive with a difference that does not count, or that the service should know of. */
  readonly warnings: readonly Fault[];
}

/**
 * Looks once through every row of the source for what can only be seen there, with counts and an example's key: what
 * would end the copy after hours, or the first change of a row after the copy. Changes nothing; reads without locks.
 */
export async function inspectData(spec: MoveSpec, options: InspectDataOptions = {}): Promise<DataReport> {
  const source = await Session.open({ endpoint: spec.source, lockWaitSeconds: 5 });
  try {
    const target = await Session.open({ endpoint: spec.target, lockWaitSeconds: 5 });
    try {
      const packets = await Promise.all([source, target].map(packetBytes));
      const limits = { packetBytes: Math.min(...packets) };
      const report: { faults: Fault[]; warnings: Fault[] } = { faults: [], warnings: [] };
      for (const one of spec.tables) {
        const { table } = one;
        const here = await readTableDefinition(source, spec.source.database, table);
        const there = await readTableDefinition(target, spec.target.database, table);
        const shape = await readTableShape(source, spec.source.database, table);
        if (here === null || there === null) continue;
        const questions = tableQuestions(here, there, limits);
        const plan = await readTablePlan(source, target, spec, unmapped(one));
        if (plan.source.groups) {
          const found = await equalRows(source, plan, options.signal);
          report.faults.push(...found.faults);
          report.warnings.push(...found.warnings);
        }
        const answers = await ask(
          source,
          plan.source,
          questions,
          (rowsDone) =>
            options.onProgress?.({
              table,
              rowsDone,
              rowsTotalEstimate: Math.max(rowsDone, shape?.rowsEstimate ?? 0),
            }),
          options.signal,
        );
        for (const [index, question] of questions.entries()) {
          const answer = answers[index];
          if (answer === undefined || answer.rows === 0) continue;
          (question.refused ? report.faults : report.warnings).push(
            describe(`${spec.source.database}.${table}`, question, answer),
          );
        }
      }
      return report;
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
}

async function packetBytes(session: Session): Promise<number> {
  const [row] = await session.texts('SELECT @@max_allowed_packet');
  return Number(row?.[0]);
}

interface Answer {
  rows: number;
  example: string | null;
}

async function ask(
  session: Session,
  side: SidePlan,
  questions: readonly DataQuestion[],
  onRows: (rows: number) => void,
  signal: AbortSignal | undefined,
): Promise<Answer[]> {
  const answers = questions.map((): Answer => ({ rows: 0, example: null }));
  if (questions.length === 0) return answers;
  const key = `CONCAT_WS(', ', ${side.key.map((column) => (/binary|bit/.test(column.shape.columnType) ? `CONCAT('x''', HEX(${column.sql}), '''')` : column.number === undefined ? column.sql : exactSql(column))).join(', ')})`;
  const expressions = questions.flatMap(({ condition }) => [
    `SUM(COALESCE((${condition}), 0))`,
    `CAST(MIN(CASE WHEN ${condition} THEN CONVERT(${key} USING utf8mb4) END) AS CHAR)`,
  ]);
  let range: KeyRange = wholeTable;
  let done = 0;
  do {
    signal?.throwIfAborted();
    range = await nextChunk(session, side, { after: range.upTo, upTo: null }, chunkRows);
    const [row] = await session.texts(side.selectValues(['COUNT(*)', ...expressions], side.range(range)));
    done += Number(row?.[0] ?? 0);
    for (const [index, answer] of answers.entries()) {
      answer.rows += Number(row?.[1 + index * 2] ?? 0);
      answer.example ??= row?.[2 + index * 2] ?? null;
    }
    onRows(done);
  } while (range.upTo !== null);
  return answers;
}

function describe(place: string, question: DataQuestion, { rows, example }: Answer): Fault {
  const count = rows === 1 ? 'one row' : `${rows} rows`;
  return {
    code: question.refused ? 'BANYAN_DATA_REFUSED' : 'BANYAN_DATA_CHANGES',
    what: `${place}: ${question.what}: ${count}, for instance the one with the key ${example}`,
    fix: question.fix,
  };
}
