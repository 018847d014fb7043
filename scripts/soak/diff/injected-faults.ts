import type { NoisyProduct } from './noisy-answers.ts';

/** One way in which a service goes wrong. */
export interface InjectedFault {
  readonly name: string;
  /** Where it must show. */
  readonly path: string;
  apply(product: NoisyProduct): void;
}

export const injectedFaults: readonly InjectedFault[] = [
  {
    name: 'a number is rounded',
    path: 'body.price.amount',
    apply: ({ body }) => {
      body.price = { amount: (body.price as { amount: number }).amount + 0.01, currency: 'EUR' };
    },
  },
  {
    name: 'a field is missing',
    path: 'body.description',
    apply: ({ body }) => {
      delete body.description;
    },
  },
  {
    name: 'a field too many',
    path: 'body.debug',
    apply: ({ body }) => {
      body.debug = true;
    },
  },
  {
    name: 'a number is text',
    path: 'body.weight',
    apply: ({ body }) => {
      body.weight = String(body.weight);
    },
  },
  {
    name: 'null for a text',
    path: 'body.brand',
    apply: ({ body }) => {
      body.brand = null;
    },
  },
  {
    name: 'an element is missing',
    path: 'body.images[]',
    apply: ({ body }) => {
      body.images = (body.images as string[]).slice(1);
    },
  },
  {
    name: 'another order',
    path: 'body.variants',
    apply: ({ body }) => {
      body.variants = [...(body.variants as object[])].reverse();
    },
  },
  {
    name: 'a value inside an element',
    path: 'body.variants[].stock',
    apply: ({ body }) => {
      body.variants = (body.variants as { stock: number }[]).map((one) => ({ ...one, stock: one.stock + 1 }));
    },
  },
  {
    name: 'a date in another format',
    path: 'body.createdAt',
    apply: ({ body }) => {
      body.createdAt = String(body.createdAt).replace('T', ' ').replace('Z', '');
    },
  },
  {
    name: 'the last digit of an i64',
    path: 'body.ean',
    apply: (product) => {
      product.ean = String(BigInt(product.ean) + 1n);
    },
  },
  {
    name: 'another field of the head',
    path: 'header.cache-control',
    apply: (product) => {
      product.cacheControl = 'no-store';
    },
  },
  {
    name: 'another status',
    path: 'status 200/404',
    apply: (product) => {
      product.status = product.status === 200 ? 404 : product.status;
    },
  },
];
