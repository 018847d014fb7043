import { BanyanError, describeError } from '../../common/errors.ts';
import { Session, type SessionOptions } from './session.ts';
import { isConnectionLost } from './sql-error.ts';

export interface LinkOptions extends SessionOptions {
  /** Told once it cannot be used any more. */
  readonly onClose?: () => void;
  /** Why it was closed, where more is known than that it was. */
  readonly whyClosed?: () => unknown;
}

/** A session that is opened when it is first asked for, and again after it was lost. Whoever needs it to himself, for a
 * transaction or a lock, has a link of his own. */
export class Link {
  readonly #options: LinkOptions;
  #session: Promise<Session> | null = null;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  async session(): Promise<Session> {
    for (;;) {
      if (this.#closed) throw this.#whyClosed();
      const pending = this.#session ?? this.#open();
      const session = await pending;
      if (this.#closed) {
        session.close();
        throw this.#whyClosed();
      }
      if (!session.lost) return session;
      // Whoever finds it lost first opens the next one; the others wait for that.
      if (this.#session === pending) this.#session = null;
    }
  }

  #open(): Promise<Session> {
    const { host, port, user } = this.#options.endpoint;
    const opening = Session.open(this.#options).catch((error: unknown) => {
      this.#session = null;
      if (isConnectionLost(error)) throw error;
      throw new BanyanError(
        'BANYAN_DATABASE_REFUSED',
        `the database at ${host}:${port} does not let ${user} work: ${error instanceof Error ? error.message : error}`,
        { fix: 'Check user, password and privileges of this database in banyan.config.ts.', cause: error },
      );
    });
    this.#session = opening;
    return opening;
  }

  #whyClosed(): unknown {
    return this.#options.whyClosed?.() ?? moveClosed();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.onClose?.();
    this.#session?.then(
      (session) => session.close(),
      () => undefined,
    );
  }
}

/** For whoever was at work with a move when that ended. `because`: what ended it; left out where it was only let go. */
export function moveClosed(because?: unknown): BanyanError {
  if (because === undefined) {
    return new BanyanError('BANYAN_MOVE_CLOSED', 'the move ended while this was under way', {
      fix: 'Give the command again: it goes on where it was. `banyan status` tells what the move does now.',
    });
  }
  if (because instanceof BanyanError && because.code === 'BANYAN_MOVE_CLOSED') return because;
  const { message, fix } = describeError(because);
  return new BanyanError('BANYAN_MOVE_CLOSED', `the move stopped while this was under way: ${message}`, {
    fix: `${fix} Then give the command again.`,
    cause: because,
  });
}
