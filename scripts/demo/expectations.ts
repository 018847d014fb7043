import type { ShopAnswer } from './shop-client.ts';

/** A check of an answer: what is wrong with it, or null. */
export type Expectation = (answer: ShopAnswer) => string | null;

export function expectStatus(status: number): Expectation {
  return (answer) =>
    answer.status === status ? null : `${answer.status} instead of ${status}: ${told(answer.body)}`;
}

export function expectMember(status: number, member: string, value: unknown): Expectation {
  return (answer) => {
    const wrong = expectStatus(status)(answer);
    if (wrong !== null) return wrong;
    const got = (answer.body as Record<string, unknown> | undefined)?.[member];
    return got === value ? null : `${member} is ${JSON.stringify(got)} instead of ${JSON.stringify(value)}`;
  };
}

/** 200 with a list in a member; `check` looks into it, and into the other members. */
export function expectList<T>(
  member: string,
  check: (list: readonly T[], body: Readonly<Record<string, unknown>>) => string | null = () => null,
): Expectation {
  return (answer) => {
    const wrong = expectStatus(200)(answer);
    if (wrong !== null) return wrong;
    const body = answer.body as Record<string, unknown> | undefined;
    const list = body?.[member];
    return Array.isArray(list) ? check(list, body!) : `the answer has no ${member}`;
  };
}

export const expectPage: Expectation = expectList('products');

/** 200 with a text in it. */
export function expectText(text: string): Expectation {
  return (answer) => {
    const wrong = expectStatus(200)(answer);
    return wrong ?? (String(answer.body).includes(text) ? null : `the page does not say ${text}`);
  };
}

/** The error of one that fits least is not told: the first one's is. */
export function expectOneOf(first: Expectation, ...others: readonly Expectation[]): Expectation {
  return (answer) => (others.some((one) => one(answer) === null) ? null : first(answer));
}

/** The body's error code. */
export function expectCode(status: number, code: string): Expectation {
  return (answer) => {
    const wrong = expectStatus(status)(answer);
    if (wrong !== null) return wrong;
    const found = (answer.body as { error?: { code?: unknown } } | undefined)?.error?.code;
    return found === code ? null : `the error is ${JSON.stringify(found)} instead of ${code}`;
  };
}

function told(body: unknown): string {
  return (typeof body === 'string' ? body : (JSON.stringify(body) ?? 'no body')).slice(0, 300);
}
