import { BanyanError } from '../../common/errors.ts';
import { type KeyColumn, type KeyValues, keyId } from '../plan/key-range.ts';
import type { TablePlan } from '../plan/table-plan.ts';
import type { Session } from '../sql/session.ts';

/**
 * Keys of rows that either side has, from what a person wrote: the key's columns in their order. The servers compare, so a
 * number, a date or a text may be written in any way that they take for that value.
 *
 * @throws BanyanError BANYAN_KEY_UNREADABLE when the number of values is not the key's.
 */
export async function findKeys(
  plan: TablePlan,
  source: Session,
  target: Session,
  written: readonly (readonly string[])[],
): Promise<KeyValues[]> {
  const columns = plan.source.key.map(({ shape }) => shape.name);
  const wrong = written.find((values) => values.length !== columns.length);
  if (wrong !== undefined) {
    throw new BanyanError(
      'BANYAN_KEY_UNREADABLE',
      `${JSON.stringify(wrong)} is no key of ${plan.name}: its key is (${columns.join(', ')})`,
      { fix: 'Give a value for each of these columns, in this order.', details: { table: plan.name } },
    );
  }
  const found = new Map<string, KeyValues>();
  for (const [session, side] of [
    [source, plan.source],
    [target, plan.target],
  ] as const) {
    const conditions = written.map((values) => condition(side.key, values));
    const rows = conditions.length === 0 ? [] : await session.rows(side.selectKeys(conditions.join(' OR ')));
    for (const row of rows) found.set(keyId(row), row);
  }
  return [...found.values()];
}

function condition(key: readonly KeyColumn[], values: readonly string[]): string {
  const terms = key.map(({ sql, shape, hashed }, index) => {
    if (hashed !== undefined) return `${sql} = ${hashLiteral(values[index] ?? '')}`;
    const bytes = `x'${Buffer.from(values[index] ?? '', 'utf8').toString('hex')}'`;
    return `${sql} = ${shape.kind === 'binary' ? bytes : `_utf8mb4 ${bytes}`}`;
  });
  return `(${terms.join(' AND ')})`;
}

/** As reports print it. What is none finds nothing. */
function hashLiteral(written: string): string {
  const [, digits = ''] = /^(?:0x)?([0-9a-f]*)$/i.exec(written.trim()) ?? [];
  return `x'${digits.length % 2 === 0 ? digits : ''}'`;
}
