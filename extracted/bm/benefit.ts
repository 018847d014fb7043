/** What a shop offers to members: so much off, so many times, until then. */
export interface Benefit {
  /** Made of the shop and the Idempotency-Key that it was created with. */
  readonly id: string;
  readonly shopId: number;
  readonly name: string;
  /** 1 to 100. */
  readonly percentOff: number;
  /** How often it can be redeemed in all. */
  readonly quantity: number;
  /** ISO 8601, UTC; null: it does not end. */
  readonly endsAt: string | null;
  readonly createdAt: string;
}

/** One member's use of a benefit. */
export interface Redemption {
  readonly benefitId: string;
  readonly memberId: string;
  readonly percentOff: number;
  readonly redeemedAt: string;
}

/**
 * The redemptions of a benefit are one DynamoDB item, so that one conditional write decides about a redemption; an item holds 400 KB, and
 * 1,000 of them stay under half of that.
 */
export const maxQuantity = 1_000;
