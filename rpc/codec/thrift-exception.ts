/**
 * An exception that the IDL declares. Handlers throw it to answer with it; a client's calls reject with it.
 *
 * @example throw new ThriftException('NotFound', { error: { code: 'not_found', message: 'No such product' } });
 */
export class ThriftException extends Error {
  /** The exception's name in the IDL. */
  readonly exception: string;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(exception: string, fields: Readonly<Record<string, unknown>>) {
    const { message } = fields;
    super(typeof message === 'string' ? message : exception);
    this.name = 'ThriftException';
    this.exception = exception;
    this.fields = fields;
  }
}
