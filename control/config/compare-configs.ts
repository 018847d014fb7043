import { isDeepStrictEqual } from 'node:util';
import type { BanyanConfig } from './config.ts';

/** One setting that is another one now. */
export interface ConfigChange {
  /** `features.product.service.addresses`. */
  readonly path: string;
  /** As text, without secrets; null: it is not there. */
  readonly from: string | null;
  readonly to: string | null;
}

const secret = /(^|\.)(password|secret)$/;
const shortest = 200;

/** What differs between two configs, setting by setting; what was added or removed whole is one change. Pure. */
export function compareConfigs(before: BanyanConfig, after: BanyanConfig): ConfigChange[] {
  const { file: _, ...from } = before;
  const { file: __, ...to } = after;
  return changes('', from, to);
}

function changes(path: string, from: unknown, to: unknown): ConfigChange[] {
  if (isDeepStrictEqual(from, to)) return [];
  if (!isPlain(from) || !isPlain(to)) return [{ path, from: print(path, from), to: print(path, to) }];
  return [...new Set([...Object.keys(from), ...Object.keys(to)])].flatMap((key) =>
    changes(path === '' ? key : `${path}.${key}`, from[key], to[key]),
  );
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function print(path: string, value: unknown): string | null {
  if (value === undefined) return null;
  if (secret.test(path)) return '(secret)';
  const text = JSON.stringify(value, (key, member) => (secret.test(key) ? '(secret)' : member));
  return text.length <= shortest ? text : `${text.slice(0, shortest - 1)}…`;
}
