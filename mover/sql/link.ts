import { BanyanError } from '../../common/errors.ts';
import { Session, type SessionOptions } from './session.ts';
import { isConnectionLost } from './sql-error.ts';

export interface LinkOptions extends SessionOptions {
  /** Told once it cannot be used any more. */
  readonly onClose?: () => void;
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
      if (this.#closed) throw closed();
      const pending = this.#session ?? this.#open();
      const session = await pending;
      if (this.#closed) {
        session.close();
        throw closed();
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

function closed(): BanyanError {
  return new BanyanError('BANYAN_MOVE_CLOSED', 'the move was closed while it worked', {
    fix: 'Open the move again; it resumes where it was.',
  });
}
