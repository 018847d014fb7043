import { errno } from '../sql/sql-error.ts';
import { refusalBegins } from './refusals.ts';

/** Under which names libraries keep the driver's error: ES, Sequelize, TypeORM, and those who wrap them. */
const wrapped = ['cause', 'original', 'parent', 'driverError', 'previous'] as const;
const deepest = 8;

/** True for what an application reads whose write the fence refused, as the driver says it or inside another error. */
export function isFenceRefusal(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > deepest) return false;
  const { errno: number, message, sqlMessage } = error as Record<string, unknown>;
  if (number === errno.signalled && `${sqlMessage ?? message}`.includes(refusalBegins)) return true;
  return wrapped.some((name) => isFenceRefusal((error as Record<string, unknown>)[name], depth + 1));
}
