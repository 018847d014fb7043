import { joinTokens } from '../../schema/sql-tokens.ts';
import type { TableDefinition } from '../../schema/table-definition.ts';
import { isMariadbJson } from '../../schema/translate-type.ts';
import { quoteName } from '../../sql/names.ts';
import { columnQuestions } from './column-questions.ts';
import type { DataQuestion } from './data-question.ts';

/** Of a packet, for the statement around a value. */
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
    ...packetQuestions(source, limits),
    ...checkQuestions(source, target),
  ];
}

const long =
  /^(tiny|medium|long)?(text|blob)$|^(json|varchar|varbinary|geometry|geometrycollection|geomcollection|multi\w+|polygon|linestring)$/;

/** A long value is put together on the server from pieces, and no value there may be longer than a packet. */
function packetQuestions(source: TableDefinition, { packetBytes }: Limits): DataQuestion[] {
  const limit = packetBytes - statementRoom;
  return source.columns
    .filter((column) => column.generated === null && long.test(column.type))
    .map((column) => ({
      condition: `LENGTH(${quoteName(column.name)}) > ${limit}`,
      what: `column ${column.name} holds values of more than ${limit} bytes, nearly the max_allowed_packet of one server (${packetBytes})`,
      fix: 'SET GLOBAL max_allowed_packet to more on both servers (and in their configuration; at most 1 GiB), then try again.',
      refused: true,
    }));
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
