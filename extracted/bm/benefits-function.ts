import type { Logger } from 'pino';
import type { BenefitStore } from './benefit-store.ts';
import { type HttpEvent, type HttpResult, jsonResult } from './http-event.ts';
import { noSuchBenefit, Refusal, unavailable } from './refusals.ts';
import {
  readBenefitId,
  readIdempotencyKey,
  readMember,
  readNewBenefit,
  readPage,
  readShop,
} from './requests.ts';

export type BenefitsFunction = (event: HttpEvent) => Promise<HttpResult>;

type Operation = (store: BenefitStore, event: HttpEvent) => Promise<HttpResult>;

const benefits = '/api/shops/{shopId}/benefits';
const benefit = `${benefits}/{benefitId}`;

/** By API Gateway's name of the route. */
const operations: Readonly<Record<string, Operation>> = {
  [`GET ${benefits}`]: async (store, event) => {
    const shopId = readShop(event);
    const { limit, after } = readPage(event);
    const page = await store.page(shopId, { limit, after });
    if (page.next === null) return jsonResult(200, page);
    const link = `</api/shops/${shopId}/benefits?after=${page.next}&limit=${limit}>; rel="next"`;
    return jsonResult(200, page, { link });
  },
  [`GET ${benefit}`]: async (store, event) =>
    jsonResult(200, await store.get(readShop(event), idOf(event)), { 'cache-control': 'no-store' }),
  'POST /admin/shops/{shopId}/benefits': async (store, event) => {
    const made = await store.create(readShop(event), readNewBenefit(event), readIdempotencyKey(event));
    return jsonResult(201, made, { location: `/api/shops/${made.shopId}/benefits/${made.id}` });
  },
  [`POST ${benefit}/redemptions`]: async (store, event) => {
    const [shopId, id, member] = [readShop(event), idOf(event), readMember(event)];
    const redemption = await store.redeem(shopId, id, member, readIdempotencyKey(event));
    const location = `/api/shops/${shopId}/benefits/${id}/redemptions/${encodeURIComponent(member)}`;
    return jsonResult(201, redemption, { location });
  },
  [`GET ${benefit}/redemptions/{memberId}`]: async (store, event) => {
    const member = event.pathParameters?.memberId ?? '';
    return jsonResult(200, await store.redemption(readShop(event), idOf(event), member));
  },
};

/** The function: one event of API Gateway in, one HTTP answer out. It throws only what nobody expected. */
export function benefitsFunction(store: BenefitStore, log: Logger): BenefitsFunction {
  return async (event) => {
    try {
      const operation = Object.hasOwn(operations, event.routeKey) ? operations[event.routeKey] : undefined;
      if (operation === undefined) throw new Refusal(404, 'not_found', 'There is no such route.');
      return await operation(store, event);
    } catch (error) {
      const refusal = error instanceof Refusal ? error : refusalFor(error);
      if (refusal === null) throw error;
      if (refusal.status >= 500) log.warn({ err: error, route: event.routeKey }, 'DynamoDB did not answer.');
      const body = { error: { code: refusal.code, message: refusal.message } };
      return jsonResult(refusal.status, body, refusal.status === 503 ? { 'retry-after': '1' } : {});
    }
  };
}

function idOf(event: HttpEvent): string {
  const id = readBenefitId(event);
  if (id === null) throw noSuchBenefit();
  return id;
}

/** What passes by itself: DynamoDB throttles, failed, or was not reached. null: anything else, which is a fault of this function. */
function refusalFor(error: unknown): Refusal | null {
  const { name, $retryable, $metadata, code } = error as {
    name?: string;
    $retryable?: unknown;
    $metadata?: { httpStatusCode?: number };
    code?: string;
  };
  const failed = ($metadata?.httpStatusCode ?? 0) >= 500;
  const throttled = name === 'ProvisionedThroughputExceededException' || name === 'ThrottlingException';
  const unreached = name === 'TimeoutError' || /^E[A-Z]+$/.test(code ?? '');
  return failed || throttled || unreached || $retryable !== undefined ? unavailable() : null;
}
