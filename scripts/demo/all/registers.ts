/**
 * What visitors were told of things that have one value each: a shop's state, whether somebody likes a product, whether an order
 * stands. Each register has one writer, so "the last acknowledged" is well defined without any clock.
 */
export class Registers {
  readonly #entries = new Map<string, Entry>();
  #acknowledged = 0;

  /** Before the write is sent. */
  begin(kind: RegisterKind, key: string, value: string): void {
    const entry = this.#entry(kind, key);
    this.#set(kind, key, { ...entry, possible: [...entry.possible, value] });
  }

  /** Answered with success: what was sent before it and never answered is over, too. */
  acknowledge(kind: RegisterKind, key: string, value: string): void {
    this.#acknowledged++;
    this.#set(kind, key, { value, possible: [] });
  }

  /** Answered with a refusal: it must not have happened. */
  refuse(kind: RegisterKind, key: string, value: string): void {
    const entry = this.#entry(kind, key);
    const at = entry.possible.lastIndexOf(value);
    this.#set(kind, key, { ...entry, possible: entry.possible.filter((_, index) => index !== at) });
  }

  /** Writes that were answered with success. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Everything of one kind, by key. */
  of(kind: RegisterKind): ReadonlyMap<string, Register> {
    const found = new Map<string, Register>();
    for (const [name, entry] of this.#entries) {
      const [its, key] = split(name);
      if (its === kind) found.set(key, entry);
    }
    return found;
  }

  #entry(kind: RegisterKind, key: string): Entry {
    return this.#entries.get(`${kind} ${key}`) ?? { value: null, possible: [] };
  }

  #set(kind: RegisterKind, key: string, entry: Entry): void {
    this.#entries.set(`${kind} ${key}`, entry);
  }
}

export type RegisterKind = 'account' | 'order' | 'like' | 'stock' | 'shop state' | 'benefit' | 'redemption';

export interface Register {
  /** The last one acknowledged; null: none was. */
  readonly value: string | null;
  /** Sent after that and not answered: each may hold as well. */
  readonly possible: readonly string[];
}

type Entry = Register;

function split(name: string): [kind: string, key: string] {
  const kind = name.startsWith('shop state ') ? 'shop state' : name.slice(0, name.indexOf(' '));
  return [kind, name.slice(kind.length + 1)];
}

/** What one database says about registers of one kind. Each list has a line of text for each finding. */
export interface RegisterVerdict {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
}

/**
 * Holds what stands in a database against what was told. Pure.
 * @param standing values by key; several where there are several rows
 * @param absent the value that a row which is not there stands for, where that is one
 */
export function judgeRegisters(
  kind: RegisterKind,
  registers: ReadonlyMap<string, Register>,
  standing: ReadonlyMap<string, readonly string[]>,
  absent: string | null = null,
): RegisterVerdict {
  const lost: string[] = [];
  const doubled: string[] = [];
  for (const [key, { value, possible }] of registers) {
    const rows = standing.get(key) ?? [];
    if (rows.length > 1) doubled.push(`${kind} ${key} stands ${rows.length} times`);
    const now = rows[0] ?? absent;
    // Never acknowledged: it may not be there at all.
    const right = [...(value === null ? [absent] : [value]), ...possible];
    if (now === null ? value !== null : !right.includes(now)) {
      lost.push(
        `${kind} ${key} should be ${right.map((one) => one ?? 'absent').join(' or ')} and is ${now ?? 'absent'}`,
      );
    }
  }
  for (const key of standing.keys()) {
    if (!registers.has(key)) doubled.push(`${kind} ${key} stands there, and nobody wrote it`);
  }
  return { lost, doubled };
}
