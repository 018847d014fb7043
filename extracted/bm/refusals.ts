/** An answer that is no success, in the shape of the shop's other errors. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
  }
}

export const badRequest = (message: string) => new Refusal(400, 'bad_request', message);
export const noSuchBenefit = () => new Refusal(404, 'not_found', 'There is no such benefit.');
export const noSuchRedemption = () =>
  new Refusal(404, 'not_found', 'This member has not redeemed the benefit.');
export const alreadyRedeemed = () =>
  new Refusal(409, 'already_redeemed', 'This member has redeemed the benefit before.');
export const soldOut = () =>
  new Refusal(409, 'sold_out', 'The benefit has been redeemed as often as it can be.');
export const ended = () => new Refusal(409, 'ended', 'The benefit has ended.');
export const keyReused = () =>
  new Refusal(422, 'idempotency_key_reused', 'This Idempotency-Key was sent with another request before.');
export const unavailable = () =>
  new Refusal(503, 'unavailable', 'The benefits cannot be reached at the moment. Send the request again.');
