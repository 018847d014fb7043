/** A refusal that the caller gets as an exception that search.thrift declares, named as there. */
export class Refusal extends Error {
  readonly exception: 'BadRequest' | 'Unavailable';
  readonly code: string;
  /** Seconds after which asking again may help. */
  readonly retryAfter: number | undefined;

  constructor(exception: Refusal['exception'], code: string, message: string, retryAfter?: number) {
    super(message);
    this.name = 'Refusal';
    this.exception = exception;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export function badRequest(message: string): Refusal {
  return new Refusal('BadRequest', 'bad_request', message);
}

export function unavailable(message: string): Refusal {
  return new Refusal('Unavailable', 'unavailable', message, 2);
}
