/** A refusal that the caller gets as the exception that log.thrift declares. */
export class Refusal extends Error {
  readonly exception: 'BadRequest' | 'NotReadable';

  constructor(exception: Refusal['exception'], message: string) {
    super(message);
    this.name = 'Refusal';
    this.exception = exception;
  }
}
