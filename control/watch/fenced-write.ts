import { BanyanError } from '../../common/errors.ts';

/**
 * Makes the driver's error one that says what to do: it stays the object that knex is about to throw, with its `errno` and `sqlState`, and
 * becomes a `BanyanError` with the code `BANYAN_WRITE_FENCED`.
 */
export function explainFencedWrite(
  error: Error,
  {
    caller,
    tables,
    database,
  }: { readonly caller: string; readonly tables: readonly string[]; readonly database: string },
): void {
  const named = tables.length === 0 ? 'a table that has moved' : tables.join(', ');
  const what = `${caller} wrote to ${named} in ${database}, whose rows the service owns now`;
  const explained = new BanyanError('BANYAN_WRITE_FENCED', `${what} (${error.message}).`, {
    fix: 'Let it ask the service, by a seam (docs/seam.md) or through the router; `banyan status` names the owner.',
    details: { caller, tables, database },
  });
  const { code, fix, faults, details, message } = explained;
  Object.setPrototypeOf(error, BanyanError.prototype);
  Object.assign(error, { name: 'BanyanError', code, fix, faults, details, message });
}
