import { type DatabaseTrouble, databaseTrouble } from './database-trouble.ts';
import { lacksRight } from './lacks-right.ts';

/** One thing that is wrong and what to do about it: a line of a preflight, a config check or an IDL check. */
export interface Fault {
  /** Stable code, `BANYAN_…`, listed in docs/errors.md. */
  readonly code: string;
  /** What is wrong, and with what. */
  readonly what: string;
  /** What to do now. */
  readonly fix: string;
  /** Where, when the fault lies in a file: `path:line:column`, or a path inside the config. */
  readonly at?: string;
}

export interface BanyanErrorOptions {
  /** What to do now: one sentence, an imperative. */
  readonly fix: string;
  readonly cause?: unknown;
  /** Every fault found, where there may be several. */
  readonly faults?: readonly Fault[];
  /** Facts for programs: never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * Every error that banyan raises on purpose. The message says what happened and to what; `fix` says what to do now;
 * `code` is stable and listed in docs/errors.md (a test holds the two together).
 */
export class BanyanError extends Error {
  readonly code: string;
  readonly fix: string;
  readonly faults: readonly Fault[];
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, what: string, options: BanyanErrorOptions) {
    super(what, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BanyanError';
    this.code = code;
    this.fix = options.fix;
    this.faults = options.faults ?? [];
    this.details = options.details ?? {};
  }
}

const troubles: Readonly<Record<DatabaseTrouble, { readonly code: string; readonly fix: string }>> = {
  lost: {
    code: 'BANYAN_DATABASE_LOST',
    fix: 'See that the database servers run and can be reached (`banyan check`), look at `banyan status`, and run the command again if it was not done.',
  },
  refuses: {
    code: 'BANYAN_DATABASE_UNAVAILABLE',
    fix: 'Put right what the server names (read-only, disk, connections), look at `banyan status`, and run the command again if it was not done.',
  },
  locked: {
    code: 'BANYAN_DATABASE_LOCKED',
    fix: 'Run the command again; if it stays, look for a transaction that is open for long on these tables.',
  },
};

function saidBy(error: unknown): string {
  return error instanceof Error
    ? error.message || String((error as { code?: unknown }).code ?? error.name)
    : String(error);
}

/**
 * A wait that a signal ended fails with an AbortError, which says only that; why the signal aborted is its cause (Node.js, `events` and `timers`).
 * Any other error is answered as it is.
 */
export function whyAborted(error: unknown): unknown {
  const hasReason = error instanceof Error && error.name === 'AbortError' && error.cause !== undefined;
  return hasReason ? whyAborted(error.cause) : error;
}

/** Why work that `signal` may end failed: who ended it, and else what it met. What a step meets because the signal aborted is not the reason. */
export function whyEnded(signal: AbortSignal, met: unknown): unknown {
  return signal.aborted ? signal.reason : met;
}

/** The error as a plain object for `--json` output and HTTP bodies; a database's refusal becomes
 * `BANYAN_PRIVILEGE_MISSING`, its trouble `BANYAN_DATABASE_…`, any other foreign error `BANYAN_UNEXPECTED`. */
export function describeError(raised: unknown): {
  code: string;
  message: string;
  fix: string;
  faults: readonly Fault[];
  details: Readonly<Record<string, unknown>>;
} {
  const error = whyAborted(raised);
  if (error instanceof BanyanError) {
    const { code, message, fix, faults, details } = error;
    return { code, message, fix, faults, details };
  }
  if (lacksRight(error)) {
    return {
      code: 'BANYAN_PRIVILEGE_MISSING',
      message: error.message,
      fix: 'Run `banyan check`: it lists every right that is missing with its GRANT. `banyan grants` prints the whole list.',
      faults: [],
      details: {},
    };
  }
  const trouble = databaseTrouble(error);
  if (trouble !== null) return { ...troubles[trouble], message: saidBy(error), faults: [], details: {} };
  return {
    code: 'BANYAN_UNEXPECTED',
    message: saidBy(error),
    fix: 'This is a defect in banyan: report it with the log around this line.',
    faults: [],
    details: {},
  };
}
