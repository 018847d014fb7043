// Written by `banyan idl types log.thrift`. Do not edit: change the IDL and write it again.

import type { CallOptions, HandlerContext } from 'banyan/rpc';

export const Level = {
  debug: 1,
  info: 2,
  warn: 3,
  error: 4,
} as const;
export type Level = (typeof Level)[keyof typeof Level];

export interface Entry {
  id: string;
  at: string;
  source: string;
  level: Level;
  message: string;
  fields?: string;
}

export interface Query {
  day: string;
  after?: string;
  limit?: number;
  newestFirst?: boolean;
}

export interface Page {
  entries: readonly Entry[];
  following?: string;
}

export interface BadRequest {
  message: string;
}

export interface NotReadable {
  message: string;
}

export type LogServiceHandlers = {
  append(entries: readonly Entry[], context: HandlerContext): Promise<void> | void;
  query(query: Query, context: HandlerContext): Promise<Page> | Page;
};

export interface LogServiceClient {
  call(method: 'append', args: readonly [entries: readonly Entry[]], options?: CallOptions): Promise<void>;
  call(method: 'query', args: readonly [query: Query], options?: CallOptions): Promise<Page>;
}
