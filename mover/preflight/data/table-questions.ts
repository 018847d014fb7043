import { joinTokens } from '../../schema/sql-tokens.ts';
import type { TableDefinition } from '../../schema/table-definition.ts';
import { isMariadbJson } from '../../schema/translate-type.ts';
import { quoteName } from '../../sql/names.ts';
import { columnQuestions } from './column-questions.ts';
import type { DataQuestion } from './data-question.ts';

/** What one row may take of a packet: it is written in hex (two characters a byte), with room for the statement. */
const statementRoom = 64 * 1024;

export interface Limits {
  /** The smaller of both servers' max_allowed_packet, in bytes. */
  readonly packetBytes: number;
}

/** Everything that is asked of a table's rows before they are copied. */
export function tableQuestions(
  source: TableDefinition,
  target: TableDefinition,
  limits: Limits,
): DataQuestion[] {
  return [
    ...columnQuestions(source, target.engine),
    ...packetQuestion(source, limits),
    ...checkQuestions(source, target),
  ];
}

const long =
  /^(tiny|medium|long)?(text|blob)$|^(json|varchar|varbinary|geometry|geometrycollection|geomcollection|multi\w+|polygon|linestring)$/;

function packetQuestion(source: TableDefinition, { packetBytes }: Limits): DataQuestion[] {
  const columns = source.columns.filter((column) => column.generated === null && long.test(column.type));
  if (columns.length === 0) return [];
  const bytes = columns.map((column) => `COALESCE(LENGTH(${quoteName(column.name)}), 0)`).join(' + ');
  const limit = Math.floor((packetBytes - statementRoom) / 2);
  return [
    {
      condition: `${bytes} > ${limit}`,
      what: `rows of more than ${limit} bytes could be copied, but not applied again after a change: they need twice their size in max_allowed_packet (${packetBytes})`,
      fix: `SET GLOBAL max_allowed_packet to more on both servers (and in their configuration; at most 1 GiB), then try again.`,
      refused: true,
    },
  ];
}

/** Rows may break a check that was off when they were written; the target checks every row. */
function checkQuestions(source: TableDefinition, target: TableDefinition): DataQuestion[] {
  const enforced =
    target.checks.some((check) => check.enforced) ||
    target.columns.some((column) => column.check && !isMariadbJson(column));
  if (!enforced) return [];
  const checks = [
    ...source.checks.map((check) => check.expression),
    ...source.columns.flatMap((column) => (column.check && !isMariadbJson(column) ? [column.check] : [])),
  ];
  return checks.map((check) => ({
    condition: `NOT (${joinTokens(check)})`,
    what: `rows break the check ${joinTokens(check)}, which the target applies to every row`,
    fix: 'Correct these rows, or drop the check on both sides.',
    refused: true,
  }));
}
