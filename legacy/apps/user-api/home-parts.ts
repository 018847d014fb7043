import type { Logger } from 'pino';
import { requestContext, withDeadline } from '../../http/request-context.ts';

/**
 * The parts that one answer is made of. Each has a deadline of its own out of the time that is left when it begins, so that
 * what comes later in a row has less; a part that fails, or is not there in time, is missing from the answer.
 */
export class HomeParts {
  readonly #endsAt: number;
  readonly #log: Logger;
  readonly #missing = new Set<string>();

  /** @param ms for the whole; the request's own deadline counts where it is sooner. */
  constructor(ms: number, log: Logger) {
    this.#endsAt = Math.min(performance.now() + ms, requestContext()?.deadlineAt ?? Number.POSITIVE_INFINITY);
    this.#log = log;
  }

  /** Names of parts that are missing. */
  get missing(): ReadonlySet<string> {
    return this.#missing;
  }

  /**
   * @param share of the time that is left, from 0 to 1
   * @returns null where it is missing
   */
  async get<T>(name: string, share: number, work: () => Promise<T>): Promise<T | null> {
    const began = performance.now();
    const ms = Math.max(1, (this.#endsAt - began) * share);
    try {
      return await inTime(ms, withDeadline(began + ms, work));
    } catch (error) {
      const { requestId, traceparent } = requestContext() ?? {};
      const facts = { err: error, part: name, ms: Math.round(ms), requestId, traceparent };
      this.#log.warn(facts, 'A part of the answer is missing.');
      this.#missing.add(name);
      return null;
    }
  }

  /** For a part that another one is needed for. */
  lack(name: string): null {
    this.#missing.add(name);
    return null;
  }
}

/** @throws Error when the work is not done by then: nobody waits for its end. */
async function inTime<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`It was not there within ${Math.round(ms)} ms.`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
