/** ER_NO_SUCH_TABLE, ER_BAD_DB_ERROR. */
const missing: ReadonlySet<unknown> = new Set([1146, 1049]);

/** True where the table is not there: MySQL names its database where that is missing too, MariaDB the table. */
export function isTableMissing(error: unknown): boolean {
  return error instanceof Error && missing.has((error as { readonly errno?: unknown }).errno);
}
