import type { Answer } from '../../../router/shadow/compare/index.ts';

export interface NoisyProduct {
  status: number;
  cacheControl: string;
  vary: string;
  /** Written out as it is, digits and all. */
  ean: string;
  body: Record<string, unknown>;
}

/** What both sides answer to request `n`: the same for both, and noise on top, other noise with every call. */
export function noisyProduct(n: number, random: () => number): NoisyProduct {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const often = (share: number) => random() < share;
  const shuffled = <T>(items: readonly T[], share: number): T[] =>
    often(share) ? [...items].sort(() => random() - 0.5) : [...items];
  const body: Record<string, unknown> = {
    id: n,
    title: `Product ${n % 700}`,
    description: `A product of ${n % 13} parts.`,
    price: { amount: ((n * 37) % 9_999) / 100, currency: 'EUR' },
    weight: (n * 7) % 900,
    brand: n % 3 === 0 ? '' : 'acme',
    createdAt: new Date(1.7e12 + n * 1_000).toISOString(),
    images: Array.from({ length: 2 + (n % 3) }, (_, i) => `https://img.example/${n}/${i}.jpg`),
    variants: Array.from({ length: 3 }, (_, i) => ({ id: n * 10 + i, size: i, stock: (n + i) % 50 })),
    // From here on: noise.
    generatedAt: Math.floor(random() * 1e12),
    trace: { requestId: Math.floor(random() * 2 ** 48).toString(16), ms: random() * 20 },
    cacheAge: Math.floor(random() * 5),
    coin: often(0.5),
    promo: often(0.01) ? 'flash' : 'none',
    banner: often(0.001) ? 'b' : 'a',
    rating: often(0.1) ? 4.5 : 4.4,
    recommended: shuffled([n + 1, n + 2, n + 3, n + 4], 0.3),
    tags: shuffled(['new', 'red', 'sale'], 0.05),
    ads: Array.from({ length: Math.floor(random() * 3) }, () => ({ ad: pick([1, 2, 3, 4, 5, 6]) })),
    ...(often(0.005) ? {} : { stockHint: 'few' }),
    ...(often(0.02) ? { experiment: pick(['x', 'y']) } : {}),
    mood: often(0.003) ? null : 'good',
    viewed: often(0.03) ? String(n) : n,
  };
  return {
    status: often(0.002) ? 503 : 200,
    cacheControl: 'max-age=60',
    vary: often(0.02) ? 'accept, origin' : 'accept',
    ean: `90071992547${40993 + (n % 2_000)}`,
    body,
  };
}

export function toAnswer({ status, cacheControl, vary, ean, body }: NoisyProduct): Answer {
  const text = JSON.stringify({ ...body, ean: 0 }).replace('"ean":0', `"ean":${ean}`);
  return {
    status,
    rawHeaders: ['Content-Type', 'application/json', 'Cache-Control', cacheControl, 'Vary', vary],
    body: Buffer.from(text),
  };
}
