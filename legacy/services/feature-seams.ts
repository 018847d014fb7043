import { ThriftException } from 'banyan/rpc';
import { type SeamLink, seam } from 'banyan/seam';
import type { Logger } from 'pino';
import type { FeatureName } from '../config.ts';
import { requestContext } from '../http/request-context.ts';

/** What a call does on either side. */
export interface Sides<Args extends unknown[], Result> {
  readonly legacy: (...args: Args) => Promise<Result>;
  readonly service: (...args: Args) => Promise<Result>;
}

type Fn<Args extends unknown[], Result> = (...args: Args) => Promise<Result>;

/** After a service gave no answer, for so long the next requests do not wait for it: they read the shop's copy at once. */
const PAUSE_MS = 1_000;

/**
 * The calls by which the shop's own code uses one feature's rows, wherever these are. After a cutover the shop's tables are
 * a copy that follows the service's, some milliseconds behind.
 */
export class FeatureSeams {
  readonly #feature: FeatureName;
  readonly #link: SeamLink;
  readonly #log: Logger;
  #pausedUntil = 0;

  constructor(feature: FeatureName, link: SeamLink, log: Logger) {
    this.#feature = feature;
    this.#link = link;
    this.#log = log;
  }

  /** Is held during a handover, and fails while its side does not answer. */
  write<Args extends unknown[], Result>(name: string, sides: Sides<Args, Result>): Fn<Args, Result> {
    const write = seam(`${this.#feature}.${name}`, { feature: this.#feature, ...sides }, this.#link);
    return async (...args) => {
      // Before the answer: of a write without one nobody knows whether it was done.
      requestContext()?.written.add(this.#feature);
      return write(...args);
    };
  }

  /** Asks the owner of the rows, and fails while it does not answer. */
  readFresh<Args extends unknown[], Result>(name: string, sides: Sides<Args, Result>): Fn<Args, Result> {
    return seam(`${this.#feature}.${name}`, { feature: this.#feature, access: 'read', ...sides }, this.#link);
  }

  /**
   * Asks the owner of the rows; where that is a service and it does not answer, the shop's copy does. A request that has
   * written to the feature asks the owner alone: the copy may not have its write yet.
   * @param isSure whether what the copy says may be told: what it lacks may have come to the service a moment ago
   */
  read<Args extends unknown[], Result>(
    name: string,
    sides: Sides<Args, Result>,
    isSure: (read: Result) => boolean = () => true,
  ): Fn<Args, Result> {
    const ask = this.readFresh(name, sides);
    const readCopy = async (args: Args, why: unknown, otherwise: () => Promise<Result>) => {
      try {
        const read = await sides.legacy(...args);
        return isSure(read) ? read : await otherwise();
      } catch (error) {
        if (isUnanswered(error)) throw error;
        // Once the feature is finished there is none.
        this.#log.warn({ err: error, why, seam: name }, 'The shop’s copy of the rows cannot be read.');
        return otherwise();
      }
    };
    return async (...args) => {
      if (requestContext()?.written.has(this.#feature)) return ask(...args);
      if (performance.now() < this.#pausedUntil) return readCopy(args, 'paused', () => ask(...args));
      try {
        return await ask(...args);
      } catch (error) {
        if (!isUnanswered(error)) throw error;
        // A request that would not wait says nothing about the service, and must not decide for others.
        if (!isOutOfTime()) this.#pausedUntil = performance.now() + PAUSE_MS;
        this.#log.warn(
          { err: error, feature: this.#feature, seam: name },
          'The service does not answer: the shop’s copy of its rows is read.',
        );
        return readCopy(args, error, () => Promise.reject(error));
      }
    };
  }
}

function isUnanswered(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('BANYAN_RPC_');
}

/** Whether it was the request's own deadline that came first. */
function isOutOfTime(): boolean {
  const { deadlineAt = Number.POSITIVE_INFINITY } = requestContext() ?? {};
  // Calls are told whole milliseconds, and at least one.
  return deadlineAt - performance.now() < 2;
}

/** For results that are undefined where the service says by an exception that there is nothing. */
export async function absentBy<T>(exception: string, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ThriftException && error.exception === exception) return undefined;
    throw error;
  }
}

/** For results that are false where the service says by an exception that there is nothing. */
export async function doneUnless(exception: string, answer: Promise<void>): Promise<boolean> {
  return (
    (await absentBy(
      exception,
      answer.then(() => true),
    )) === true
  );
}

/** The name of an enum's number. @throws Error where it has none: the service is newer than the contract. */
export function memberName<Names extends string>(
  members: Readonly<Record<Names, number>>,
  number: number,
): Names {
  for (const name in members) if (members[name] === number) return name;
  throw new Error(
    `${number} is none of ${Object.keys(members).join(', ')}: write the contract's types again.`,
  );
}
