import type { Fault } from '../../common/errors.ts';
import type { TableSpec } from '../move-spec.ts';
import { type ColumnMap, mapColumns, namedIn, sameName } from '../plan/map-columns.ts';
import { isConstant } from '../plan/map-key.ts';
import { joinTokens, sqlTokens } from '../schema/sql-tokens.ts';
import type { TableShape, UniqueIndex, UniquePart } from '../shape/table-shape.ts';
import { quoteName } from '../sql/names.ts';

type Side = 'source' | 'target';

/**
 * Unique indexes of a mapped table that go by more than carried columns, and that the other side does not have in the same words: nobody
 * knows whether it refuses the same rows. Pure.
 */
export function unmatchedUnique(
  spec: TableSpec,
  source: TableShape,
  target: TableShape,
  oneWay: boolean,
): Fault[] {
  const map = mapColumns(spec, source, target);
  const texts = (shape: TableShape, side: Side) =>
    shape.uniqueIndexes.map((index) => ({ index, ...inTargetsWords(index, map, side, spec) }));
  const [here, there] = [texts(source, 'source'), texts(target, 'target')];
  const unmatched = (shape: TableShape, mine: typeof here, others: typeof here) =>
    mine
      .filter(({ plain, text }) => !plain && !others.some((other) => text !== null && other.text === text))
      .map(({ index: { name } }) => ({
        code: 'BANYAN_UNIQUE_UNMATCHED',
        what: `unique index ${name} of ${shape.database}.${shape.table} is over computed values, and the other side has no index in the same words: a row that is written there and collides in it cannot be carried over, and stops the move`,
        fix: 'See to it that the other side refuses the same rows: by a unique index over the same expression or a generated column of it; nothing is to do where it has one in other words.',
      }));
  return [...unmatched(target, there, here), ...(oneWay ? [] : unmatched(source, here, there))];
}

/** Plain: over carried columns and constants only, which the comparison of the columns looks at. Text: null where a column has no counterpart. */
function inTargetsWords(
  { parts }: UniqueIndex,
  map: ColumnMap,
  side: Side,
  { set = {}, back = {} }: TableSpec,
): { readonly plain: boolean; readonly text: string | null } {
  const carried = (name: string) =>
    map.carried.find((pair) => sameName(pair[side].name, name))?.target.name.toLowerCase() ?? null;
  const isFixed = (name: string) => isConstant(namedIn(side === 'source' ? back : set, name) ?? '');
  const told = parts.filter(({ column }) => column === null || !isFixed(column));
  const text = (part: UniquePart) => {
    if (part.column === null) return expressionText(part.expression, carried);
    const name = carried(part.column);
    return name === null ? null : `${name}(${part.length ?? ''})`;
  };
  const all = told.map(text);
  return {
    plain: told.every(({ column }) => column !== null) && !all.includes(null),
    text: all.includes(null) ? null : all.sort().join('\0'),
  };
}

function expressionText(expression: string, carried: (name: string) => string | null): string | null {
  const tokens = sqlTokens(expression).map((token) => {
    if (token.kind !== 'name') return token;
    const name = carried(token.text.slice(1, -1).replaceAll('``', '`'));
    return name === null ? null : { ...token, text: quoteName(name) };
  });
  return tokens.every((token) => token !== null) ? joinTokens(tokens) : null;
}
