import type { Reach } from './kills.ts';

/** A process of the stack that can be killed: what that may cost, and how one sees that all is as before. */
export interface Killing {
  /** For people: `a face of the monolith`. */
  readonly kind: string;
  readonly reach: Reach;
  /** A path that each router answers again once it does its work. */
  readonly answers?: string;
}

/** What each service answers, as far as clients can tell. Pages of the monolith that write by a service are among it. */
const ofProduct = /^\w+ \/(api|admin)\/products/;
const ofShops =
  /^\w+ \/api\/shops(\/\d+)?($|\?)|^(POST|PATCH) \/(owner|admin)\/(api\/)?shops\/\d+(\/state)?$/;
const ofUsers = /^\w+ \/api\/(users|session|me)($|\?)/;
const ofLogs = /^GET \/admin\/(api\/)?logs/;
const ofBenefits = /^\w+ \/(api|admin)\/shops\/\d+\/benefits/;
/** What stays with the monolith, once every service has left. */
const ofLegacy = /^\w+ \/(owner|admin(?!\/products)|api\/(orders|home|me\/))/;
/** All that the monolith answers while products are the service's, and users and shops its own. */
const ofUserApi = /^\w+ \/api\/(?!products|shops\/\d+\/benefits)/;

/** By the stack's names of the processes. */
export const killings = {
  admin: { kind: 'a face of the monolith', reach: { requests: /^\w+ \/admin/ }, answers: '/admin/login' },
  shopOwner: { kind: 'a face of the monolith', reach: { requests: /^\w+ \/owner/ }, answers: '/owner/login' },
  userApi: { kind: 'a face of the monolith', reach: { requests: ofUserApi }, answers: '/api/shops/1' },
  legacy: {
    kind: 'what stands before the faces',
    reach: { requests: new RegExp(`${ofUserApi.source}|^\\w+ \\/(admin(?!\\/products)|owner)`) },
    answers: '/admin/login',
  },
  legacyDb: {
    ...{ kind: 'the monolith’s database', answers: '/api/products/1/images' },
    reach: { requests: ofLegacy, jobs: ['offers', 'sales-by-shop', 'clean-up'] },
  },
  // The mover lives in the control process: both die. It is killed in the midst of the products' handover: writes that are held wait for the next one, some for too long.
  control: { kind: 'control', reach: { requests: /^(POST|PUT|PATCH|DELETE) \/(api|admin)\/products/ } },
  product: { kind: 'a service', reach: { requests: ofProduct }, answers: '/api/products/1' },
  productDb: { kind: 'a service’s database', reach: { requests: ofProduct }, answers: '/api/products/1' },
  shops: { kind: 'a service', reach: { requests: ofShops }, answers: '/api/shops/1' },
  shopsDb: { kind: 'a service’s database', reach: { requests: ofShops }, answers: '/api/shops/1' },
  user: { kind: 'a service', reach: { requests: ofUsers, jobs: ['clean-up'] }, answers: '/api/me' },
  userDb: {
    ...{ kind: 'a service’s database', answers: '/api/me' },
    reach: { requests: ofUsers, jobs: ['clean-up'] },
  },
  log: { kind: 'a service', reach: { requests: ofLogs }, answers: '/internal/logs/2026-01-01' },
  logDb: {
    ...{ kind: 'a service’s database', answers: '/internal/logs/2026-01-01' },
    reach: { requests: ofLogs },
  },
  search: {
    ...{ kind: 'a service', answers: '/api/search?q=lamp' },
    reach: { requests: /^GET \/api\/search/ },
  },
  benefits: {
    kind: 'the Lambda endpoint',
    reach: { requests: ofBenefits },
    answers: '/api/shops/1/benefits',
  },
  dynamodb: { kind: 'DynamoDB', reach: { requests: ofBenefits }, answers: '/api/shops/1/benefits' },
  nats: { kind: 'the broker', reach: {} },
  relay: { kind: 'the events’ relay', reach: {} },
  productFeed: { kind: 'the feed’s relay', reach: {} },
} as const satisfies Readonly<Record<string, Killing>>;

export type KilledProcess = keyof typeof killings;
