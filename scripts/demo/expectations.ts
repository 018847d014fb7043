import type { ShopAnswer } from './shop-client.ts';

/** A check of an answer: what is wrong with it, or null. */
export type Expectation = (answer: ShopAnswer) => string | null;

export function expectStatus(status: number): Expectation {
  return (answer) =>
    answer.status === status ? null : `${answer.status} instead of ${status}: ${JSON.stringify(answer.body)}`;
}

export function expectMember(status: number, member: string, value: unknown): Expectation {
  return (answer) => {
    const wrong = expectStatus(status)(answer);
    if (wrong !== null) return wrong;
    const got = (answer.body as Record<string, unknown> | undefined)?.[member];
    return got === value ? null : `${member} is ${JSON.stringify(got)} instead of ${JSON.stringify(value)}`;
  };
}

export function expectPage(answer: ShopAnswer): string | null {
  const wrong = expectStatus(200)(answer);
  if (wrong !== null) return wrong;
  const page = answer.body as { products?: unknown } | undefined;
  return Array.isArray(page?.products) ? null : 'the page has no products';
}
