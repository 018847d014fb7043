import type { Logger } from 'pino';
import type { Ask, Side } from '../sides/side.ts';
import { type BufferedAnswer, BufferSink } from '../sides/sinks/buffer-sink.ts';
import { credentialOf } from './credential.ts';
import { type IdentityCounts, noIdentityCounts } from './identity-counts.ts';
import type { ServiceIdentity } from './identity-settings.ts';
import { KeptAnswers } from './kept-answers.ts';
import { longestAnswer, readWhoami, type Whoami } from './read-whoami.ts';
import { WhoamiAsk } from './whoami-ask.ts';

/** Of a refusal's body: longer ones are passed on, but not kept. */
const longestKept = 4 * 1024;

/** Who the users of one feature's requests are, as the monolith says. */
export class Identities {
  readonly counts: IdentityCounts = noIdentityCounts();
  readonly #settings: ServiceIdentity;
  readonly #legacy: Side;
  readonly #logger: Logger;
  readonly #kept: KeptAnswers<Whoami>;
  #failing = false;

  /** `legacy`: asked over HTTP, whatever else goes to it. */
  constructor(settings: ServiceIdentity, legacy: Side, logger: Logger) {
    this.#settings = settings;
    this.#legacy = legacy;
    this.#logger = logger;
    this.#kept = new KeptAnswers(settings);
  }

  /** null: the request goes on without a user. Rejects where the monolith said nothing that can be relied on, or nothing in time. */
  async of(client: Ask): Promise<Whoami | null> {
    const { credentials, anonymous, refusedMs } = this.#settings;
    const credential = credentialOf(client.headers, credentials);
    // A browser's question before a request of another origin never has a credential (Fetch standard, "CORS-preflight fetch").
    const mayHaveNone = anonymous === 'pass' || client.method === 'OPTIONS';
    if (!credential.shown && mayHaveNone) {
      this.counts.anonymous += 1;
      return null;
    }
    let asked = this.#kept.find(credential.key);
    if (asked === undefined) {
      this.counts.asked += 1;
      const keepMs = (whoami: Whoami) => {
        if (whoami.kind === 'user') return Number.POSITIVE_INFINITY;
        return whoami.answer !== null && whoami.answer.bodyBytes > longestKept ? 0 : refusedMs;
      };
      asked = this.#kept.ask(credential.key, () => this.#ask(credential.fields, client), keepMs);
    }
    try {
      const whoami = await asked;
      const passes = whoami.kind === 'anonymous' && anonymous === 'pass';
      this.counts[passes ? 'anonymous' : whoami.kind === 'user' ? 'identified' : 'refused'] += 1;
      return passes ? null : whoami;
    } catch (error) {
      this.counts.failed += 1;
      throw error;
    }
  }

  async #ask(fields: readonly string[], client: Ask): Promise<Whoami> {
    try {
      const whoami = readWhoami(await this.#answer(fields, client), this.#settings);
      if (this.#failing)
        this.#logger.info({ ask: this.#settings.ask }, 'the monolith says again who users are');
      this.#failing = false;
      return whoami;
    } catch (error) {
      const why = (error as Error).message;
      if (!this.#failing) {
        this.#logger.error({ ask: this.#settings.ask, why }, 'the monolith does not say who users are');
      }
      this.#failing = true;
      throw error;
    }
  }

  /** On its own: whoever asked first may go away, and others wait for the answer too. */
  #answer(fields: readonly string[], client: Ask): Promise<BufferedAnswer> {
    const { ask, deadlineMs } = this.#settings;
    const { promise, resolve, reject } = Promise.withResolvers<BufferedAnswer>();
    const sink = new BufferSink(longestAnswer, (answer, failure) => {
      clearTimeout(late);
      if (answer === null) reject(new Error(failure?.message ?? 'it speaks another protocol'));
      else resolve(answer);
    });
    const work = this.#legacy.begin(new WhoamiAsk(ask, fields, client, deadlineMs), sink);
    const late = setTimeout(() => {
      const why = new Error(`no answer within ${deadlineMs} ms`);
      reject(why);
      work.abort(why);
    }, deadlineMs);
    return promise;
  }
}
