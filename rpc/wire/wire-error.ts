import { BanyanError } from '../../common/errors.ts';

/** Bytes that are no message of the protocol, or that say more than the limits allow. */
export function malformed(what: string): BanyanError {
  return new BanyanError('BANYAN_RPC_MALFORMED', `malformed Thrift message: ${what}`, {
    fix: 'Compare protocol, transport and IDL of both sides.',
  });
}

/** The bytes end before the message does: only an unframed stream may still deliver the rest. */
export class Underrun extends BanyanError {
  constructor() {
    super('BANYAN_RPC_MALFORMED', 'malformed Thrift message: it ends in the middle', {
      fix: 'Compare protocol, transport and IDL of both sides.',
    });
    this.name = 'Underrun';
  }
}
