import type { Exchange } from './exchange.ts';

/** One step of a request's path. False: the request has been answered, or parked. */
export type Pass = (exchange: Exchange) => boolean;
