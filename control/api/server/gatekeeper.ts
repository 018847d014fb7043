import { createHash, timingSafeEqual } from 'node:crypto';
import { BanyanError } from '../../../common/errors.ts';

export type Role = 'read' | 'operate';

export interface Token {
  /** null: the one of control.tokenFile. */
  readonly name: string | null;
  readonly role: Role;
  readonly secret: string;
}

/** Failed logins of one address in one window that are answered as such; beyond them it is told to wait. */
const mostFailures = 20;
const windowMs = 60_000;
/** So many addresses are remembered; a flood of them makes nobody wait who has a token. */
const mostAddresses = 10_000;

/**
 * Lets in who has a token. A right one is always let in: failures of others at the same address never lock anybody out, they
 * only make wrong tokens wait.
 */
export class Gatekeeper {
  readonly #tokens: readonly { readonly token: Token; readonly digest: Buffer }[];
  readonly #now: () => number;
  readonly #failures = new Map<string, number>();
  #windowEnds = 0;

  constructor(tokens: readonly Token[], now: () => number = () => performance.now()) {
    this.#tokens = tokens.map((token) => ({ token, digest: digest(token.secret) }));
    this.#now = now;
  }

  /** Throws `BANYAN_UNAUTHORIZED` or `BANYAN_TOO_MANY_FAILURES`. */
  admit(authorization: string | undefined, address: string): Token {
    const [scheme, given = ''] = (authorization ?? '').split(' ');
    const found = scheme?.toLowerCase() === 'bearer' ? this.#find(given) : null;
    if (found !== null) return found;
    if (this.#now() >= this.#windowEnds) {
      this.#failures.clear();
      this.#windowEnds = this.#now() + windowMs;
    }
    const failures = (this.#failures.get(address) ?? 0) + 1;
    if (this.#failures.size < mostAddresses || this.#failures.has(address))
      this.#failures.set(address, failures);
    if (failures > mostFailures) {
      throw new BanyanError(
        'BANYAN_TOO_MANY_FAILURES',
        `Too many requests of ${address} had no valid token.`,
        {
          fix: `Send a valid one: it is let in at once. Others wait ${this.retryAfterSeconds} s.`,
        },
      );
    }
    throw new BanyanError('BANYAN_UNAUTHORIZED', 'The request carries no valid admin token.', {
      fix: 'Send `Authorization: Bearer …` with the token from control.tokenFile, or of control.tokens.',
    });
  }

  get retryAfterSeconds(): number {
    return Math.max(1, Math.ceil((this.#windowEnds - this.#now()) / 1_000));
  }

  /** In the same time whichever it is, and whether it is one at all. */
  #find(given: string): Token | null {
    const asked = digest(given);
    let found: Token | null = null;
    for (const { token, digest: own } of this.#tokens) if (timingSafeEqual(asked, own)) found = token;
    return found;
  }
}

/** Throws `BANYAN_FORBIDDEN` where the token's role does not allow a change. A dry run is none. */
export function assertMayChange({ name, role }: Token, { dryRun }: { readonly dryRun?: boolean }): void {
  if (role === 'operate' || dryRun === true) return;
  throw new BanyanError('BANYAN_FORBIDDEN', `The token ${name} may look, and change nothing.`, {
    fix: 'Use a token with the role operate, or --dry-run.',
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
