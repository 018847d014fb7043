/** The exceptions that product.thrift declares, named as there. */
export type RefusalName = 'BadRequest' | 'NotFound' | 'Conflict';

/** A refusal that the caller gets as a declared exception. */
export class Refusal extends Error {
  readonly exception: RefusalName;
  readonly code: string;

  constructor(exception: RefusalName, code: string, message: string) {
    super(message);
    this.name = 'Refusal';
    this.exception = exception;
    this.code = code;
  }
}

export function badRequest(message: string): Refusal {
  return new Refusal('BadRequest', 'bad_request', message);
}

export function noSuchProduct(): Refusal {
  return new Refusal('NotFound', 'not_found', 'There is no such product.');
}

export function duplicateSku(): Refusal {
  return new Refusal('Conflict', 'duplicate_sku', 'Another product has this sku.');
}
