import type { StructDef, ThriftType } from '../idl/model.ts';
import { TType } from '../wire/types.ts';

/** The type number that travels for a type. */
export function wireType(type: ThriftType): number {
  switch (type.kind) {
    case 'binary':
      return TType.string;
    case 'enum':
      return TType.i32;
    default:
      return TType[type.kind];
  }
}

/** Field ids are small in nearly every struct: an array then finds fields fastest. */
export function indexById<T>(entries: readonly (readonly [number, T])[]): (id: number) => T | undefined {
  if (entries.every(([id]) => id >= 0 && id < 512)) {
    const dense: (T | undefined)[] = new Array(
      entries.reduce((most, [id]) => Math.max(most, id), 0) + 1,
    ).fill(undefined);
    for (const [id, entry] of entries) dense[id] = entry;
    return (id) => (id >= 0 && id < dense.length ? dense[id] : undefined);
  }
  const sparse = new Map(entries);
  return (id) => sparse.get(id);
}

/**
 * One compiled function for each struct: a struct that names itself finds the function being compiled, through the
 * reference it will be stored in.
 */
export class CompiledStructs<F> {
  readonly #made = new Map<StructDef, { current: F | null }>();

  get(struct: StructDef, compile: () => F, late: (ref: () => F) => F): F {
    const known = this.#made.get(struct);
    if (known !== undefined) return known.current ?? late(() => known.current!);
    const slot: { current: F | null } = { current: null };
    this.#made.set(struct, slot);
    slot.current = compile();
    return slot.current;
  }
}
