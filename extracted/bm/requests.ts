import { z } from 'zod';
import { maxQuantity } from './benefit.ts';
import type { HttpEvent } from './http-event.ts';
import { badRequest } from './refusals.ts';

const maxPage = 100;

const newBenefit = z.strictObject({
  name: z.string().trim().min(1).max(200),
  percentOff: z.int().min(1).max(100),
  quantity: z.int().min(1).max(maxQuantity),
  endsAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text).toISOString())
    // They are compared as texts.
    .refine((text) => text.length === 24, { error: 'is too far away' })
    .nullable()
    .default(null),
});

const newRedemption = z.strictObject({ memberId: z.string().regex(/^[\w.@:-]{1,64}$/) });

const key = /^[\x21-\x7e]{1,128}$/;
const benefitId = /^[0-9a-f]{32}$/;

export type NewBenefit = z.output<typeof newBenefit>;

/** @throws Refusal 400 */
export function readNewBenefit(event: HttpEvent): NewBenefit {
  return readBody(event, newBenefit);
}

/** @throws Refusal 400 */
export function readMember(event: HttpEvent): string {
  return readBody(event, newRedemption).memberId;
}

/** A request that may be sent again is known by it. @throws Refusal 400 */
export function readIdempotencyKey({ headers }: HttpEvent): string {
  const given = headers['idempotency-key'] ?? '';
  if (!key.test(given)) {
    throw badRequest(
      'Send an Idempotency-Key header: 1 to 128 printable characters, another for each request.',
    );
  }
  return given;
}

/** @throws Refusal 400 */
export function readShop({ pathParameters }: HttpEvent): number {
  const text = pathParameters?.shopId ?? '';
  const id = Number(text);
  if (!/^[1-9]\d{0,9}$/.test(text) || id > 4_294_967_295) throw badRequest('shopId must be a number from 1.');
  return id;
}

/** null: nothing has such an id. */
export function readBenefitId({ pathParameters }: HttpEvent): string | null {
  const text = pathParameters?.benefitId ?? '';
  return benefitId.test(text) ? text : null;
}

/** @throws Refusal 400 */
export function readPage({ queryStringParameters = {} }: HttpEvent): {
  readonly limit: number;
  readonly after: string | null;
} {
  const { limit: text = '20', after = null } = queryStringParameters;
  const limit = Number(text);
  if (!/^\d{1,3}$/.test(text) || limit < 1 || limit > maxPage) {
    throw badRequest(`limit must be from 1 to ${maxPage}.`);
  }
  if (after !== null && !benefitId.test(after))
    throw badRequest('after must be the next of an earlier page.');
  return { limit, after };
}

function readBody<T>(event: HttpEvent, shape: z.ZodType<T>): T {
  const text = event.isBase64Encoded
    ? Buffer.from(event.body ?? '', 'base64').toString()
    : (event.body ?? '');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw badRequest('The body is no JSON.');
  }
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  throw badRequest(faults.join('; '));
}
