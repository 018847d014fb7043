import type { ErrorBody } from '../../api/contract/errors.ts';
import { asError, get, post } from './http.ts';
import { changed, state } from './state.ts';

/** What was asked of control for a page: as it came last, and whether it is being asked again. */
export interface Loaded {
  readonly asking: boolean;
  readonly value: unknown;
  readonly error: ErrorBody | null;
  /** By this browser's clock; null: it never came. */
  readonly at: number | null;
}

const nothing: Loaded = { asking: false, value: undefined, error: null, at: null };

export function loaded<T>(key: string): Omit<Loaded, 'value'> & { readonly value: T | undefined } {
  return (state.loaded.get(key) ?? nothing) as Loaded & { value: T | undefined };
}

/** Asks again; what was there stays on the page until the answer comes. */
export async function load(path: string, key = path): Promise<void> {
  await take(key, () => get(path));
}

/** The same of what is asked with a body. */
export async function loadByPost(path: string, body: object, key = path): Promise<void> {
  await take(key, () => post(path, body));
}

async function take(key: string, ask: () => Promise<unknown>): Promise<void> {
  const before = state.loaded.get(key) ?? nothing;
  if (before.asking) return;
  set(key, { ...before, asking: true });
  try {
    set(key, { asking: false, value: await ask(), error: null, at: Date.now() });
  } catch (error) {
    set(key, { ...before, asking: false, error: asError(error) });
  }
}

function set(key: string, value: Loaded): void {
  state.loaded.set(key, value);
  changed();
}
