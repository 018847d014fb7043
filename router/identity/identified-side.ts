import type { Logger } from 'pino';
import { describeError } from '../../common/errors.ts';
import { identitySigner } from '../../common/identity/identity-signer.ts';
import { identityHeader } from '../../common/identity/identity-token.ts';
import { failures } from '../answer/failure.ts';
import { answerWhole } from '../sides/called/answer-whole.ts';
import type { Ask, Side, Work } from '../sides/side.ts';
import type { Sink } from '../sides/sink.ts';
import type { BufferedAnswer } from '../sides/sinks/buffer-sink.ts';
import { IdentifiedAsk } from './identified-ask.ts';
import type { Identities } from './identities.ts';
import type { ServiceIdentity } from './identity-settings.ts';

/**
 * A service that is told who the user is: the monolith is asked first, and what it says goes on as a signed token. A side without
 * such a setting is asked as if there were none of this.
 */
export class IdentifiedSide implements Side {
  readonly kind: Side['kind'];
  readonly #side: Side;
  readonly #identities: Identities;
  readonly #sign: ReturnType<typeof identitySigner>;
  readonly #logger: Logger;

  /** @throws BanyanError `BANYAN_IDENTITY_KEY` */
  constructor(side: Side, identities: Identities, settings: ServiceIdentity, logger: Logger) {
    this.kind = side.kind;
    this.#side = side;
    this.#identities = identities;
    this.#sign = identitySigner(settings);
    this.#logger = logger;
  }

  begin(ask: Ask, sink: Sink): Work {
    const work = new LaterWork();
    this.#begin(ask, sink, work).catch((error: unknown) => {
      // Nothing in it may throw; if it does, the request must still end.
      this.#logger.error({ error: describeError(error) }, 'a request could not be given its user');
      sink.fail(failures.unexpected());
    });
    return work;
  }

  dressed(ask: Ask, fields: readonly string[]): readonly string[] {
    return this.#side.dressed?.(ask, fields) ?? fields;
  }

  async #begin(ask: Ask, sink: Sink, work: LaterWork): Promise<void> {
    let known: Awaited<ReturnType<Identities['of']>>;
    try {
      known = await this.#identities.of(ask);
    } catch (error) {
      return sink.fail(failures.identityUnknown((error as Error).message));
    }
    if (work.aborted) return sink.fail(failures.broken('it was not waited for'));
    if (known === null) return work.go(() => this.#side.begin(ask, sink));
    if (known.kind === 'anonymous') return refuse(ask, sink, known.answer);
    const { subject, claims } = known;
    const { requestId } = ask.context;
    const token = await this.#sign({ subject, claims, requestId });
    if (work.aborted) return sink.fail(failures.broken('it was not waited for'));
    const headers = [...ask.headers, 'X-Banyan-Identity', token];
    const identified = new IdentifiedAsk(ask, headers, { token, subject, claims });
    work.go(() => this.#side.begin(identified, sink));
  }
}

/** What the monolith said of itself and of a connection, or to one client alone: the answer may be another client's too. */
const notPassedOn = new Set([
  'content-length',
  'set-cookie',
  'date',
  'etag',
  'last-modified',
  identityHeader,
]);

function refuse(ask: Ask, sink: Sink, answer: BufferedAnswer | null): void {
  if (answer === null) {
    sink.fail(failures.noUser());
    return;
  }
  const { status, fields, body } = answer;
  const rawHeaders: string[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    if (!notPassedOn.has(fields[i]!.toLowerCase())) rawHeaders.push(fields[i]!, fields[i + 1]!);
  }
  answerWhole(ask, sink, { status, rawHeaders, body }, body);
}

/** Work that begins once it is known who asks. */
class LaterWork implements Work {
  #aborted: Error | null = null;
  #work: Work | null = null;

  get aborted(): boolean {
    return this.#aborted !== null;
  }

  /** `begin` calls nothing back before it has returned. */
  go(begin: () => Work): void {
    this.#work = begin();
  }

  abort(reason: Error): void {
    this.#aborted ??= reason;
    this.#work?.abort(reason);
  }

  resume(): void {
    this.#work?.resume?.();
  }
}
