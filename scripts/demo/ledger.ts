/**
 * What the writers were told. Every write carries a token of its own in the product's name; the ledger notes the last
 * token acknowledged for each row, and what was sent but never answered. Each row has one writer, so "last" is well
 * defined without any clock. The audit holds both databases against it.
 */
export class Ledger {
  readonly #rows = new Map<string, LedgerRow>();
  readonly #tokens = new Map<string, TokenFate>();
  #acknowledged = 0;

  /** Before a write is sent: its token exists from now on. */
  begin(sku: string, token: string): void {
    this.#tokens.set(token, { sku, fate: 'unanswered' });
  }

  /** The row is as this write left it. */
  acknowledgeStored(sku: string, token: string, id: string): void {
    this.#settle(token, 'acknowledged');
    this.#rows.set(sku, { sku, id, token, present: true, unanswered: [] });
  }

  acknowledgeDeleted(sku: string, token: string, id: string): void {
    this.#settle(token, 'acknowledged');
    this.#rows.set(sku, { sku, id, token, present: false, unanswered: [] });
  }

  /** Answered with a refusal: it must not have happened. */
  refuse(token: string): void {
    this.#settle(token, 'refused');
  }

  /** No answer came: it may have happened or not. The row may stand as before or as this write would leave it. */
  lose(sku: string, token: string): void {
    const row = this.#rows.get(sku);
    const unanswered = [...(row?.unanswered ?? []), token];
    this.#rows.set(sku, {
      sku,
      id: row?.id ?? '',
      token: row?.token ?? '',
      present: row?.present ?? false,
      unanswered,
    });
  }

  /** Writes that were answered with success. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Every row that a writer touched. */
  rows(): Iterable<LedgerRow> {
    return this.#rows.values();
  }

  row(sku: string): LedgerRow | undefined {
    return this.#rows.get(sku);
  }

  fateOf(token: string): TokenFate | undefined {
    return this.#tokens.get(token);
  }

  #settle(token: string, fate: 'acknowledged' | 'refused'): void {
    const known = this.#tokens.get(token);
    if (known === undefined) throw new Error(`token ${token} was never begun`);
    this.#tokens.set(token, { ...known, fate });
    if (fate === 'acknowledged') this.#acknowledged++;
  }
}

export interface LedgerRow {
  readonly sku: string;
  /** '' when no write of the row was ever acknowledged. */
  readonly id: string;
  /** The last one acknowledged. */
  readonly token: string;
  /** False after an acknowledged delete. */
  readonly present: boolean;
  /** Tokens sent after that and never answered. */
  readonly unanswered: readonly string[];
}

export interface TokenFate {
  readonly sku: string;
  readonly fate: 'unanswered' | 'acknowledged' | 'refused';
}

const mark = ' #';

/** A product's name with its token at the end. */
export function withToken(name: string, token: string): string {
  return `${name}${mark}${token}`;
}

/** The token at a name's end, or null. Tokens look like `w3-128`. */
export function tokenOf(name: string): string | null {
  const at = name.lastIndexOf(mark);
  const token = at < 0 ? '' : name.slice(at + mark.length);
  return /^w\d+-\d+$/.test(token) ? token : null;
}
