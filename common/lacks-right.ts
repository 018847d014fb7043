/**
 * What MySQL and MariaDB say to an account that lacks a right: on a server, a database, a table, a column, a routine; triggers
 * without SUPER (1419); and for a trigger's definer that was dropped (1449).
 */
const numbers: ReadonlySet<unknown> = new Set([1044, 1045, 1142, 1143, 1227, 1370, 1419, 1449, 1698]);

/** Whether a server refused something for want of a right, or did not let the account in. */
export function lacksRight(error: unknown): error is Error {
  return error instanceof Error && numbers.has((error as { readonly errno?: unknown }).errno);
}
