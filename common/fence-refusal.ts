/** Part of what a client reads whose write the fence refused, in the database's own error (SQLSTATE 45000). */
export const fenceRefusalBegins = 'banyan fence: ';

/** Of a SIGNAL. */
const signalled = 1644;
/** Under which names libraries keep the driver's error: ES, Sequelize, TypeORM, and those who wrap them. */
const wrapped = ['cause', 'original', 'parent', 'driverError', 'previous'] as const;
const deepest = 8;

/** True for what an application reads whose write the fence refused, as the driver says it or inside another error. */
export function isFenceRefusal(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > deepest) return false;
  const { errno, message, sqlMessage } = error as Record<string, unknown>;
  if (errno === signalled && `${sqlMessage ?? message}`.includes(fenceRefusalBegins)) return true;
  return wrapped.some((name) => isFenceRefusal((error as Record<string, unknown>)[name], depth + 1));
}
