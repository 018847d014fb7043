import type { Change } from '../document.ts';
import { readChangeMessage, readChangeWatermark } from './change-message.ts';
import { readEventMessage, readEventWatermark } from './event-message.ts';

/** Which message of a feature it is: of one row a later one has a greater epoch, or the same one and a greater number. */
export interface Order {
  readonly feature: string;
  readonly epoch: number;
  readonly seq: number;
}

/** Every change of these tables that was committed before `until` is in the stream up to its place, and so is every message up to `order`. */
export interface Watermark {
  readonly kind: 'watermark';
  readonly tables: readonly string[];
  readonly until: number;
  /** null: the stream's messages say none. */
  readonly order: Order | null;
}

/** What a message of a stream, or a watermark beside it, says to an index. */
export type FeedMessage =
  | {
      readonly kind: 'change';
      readonly change: Change;
      readonly table: string;
      /** null: the stream says none. */
      readonly order: Order | null;
      /** When its row was read, milliseconds since 1970. */
      readonly readAt: number;
    }
  | Watermark
  /** Every row of the table was told; rows may be gone that no message told of. */
  | { readonly kind: 'snapshot-end'; readonly table: string; readonly order: Order | null };

export interface PlacedWatermark {
  readonly watermark: Watermark;
  readonly stream: StreamPlace;
}

/** Where in which stream: another one for a stream that was made anew. */
export interface StreamPlace {
  readonly id: string;
  readonly seq: number;
}

/** One kind of stream that an index can follow. */
export interface Feed {
  /** Its name at the broker. */
  readonly stream: string;
  /** Of messages that may concern the index; others are passed over unread. */
  readonly subjects: RegExp;
  /** Of watermarks: no messages of the stream. */
  readonly watermarks: string;
  /** @throws ZodError where it is none */
  readonly readWatermark: (said: unknown) => PlacedWatermark;
  /** null: it tells the index nothing. @throws ZodError where it is not what the stream's messages are */
  readonly read: (said: unknown) => FeedMessage | null;
}

export const feeds = {
  /** banyan's change feed (its docs/feed.md), whatever the features are called that own the tables. */
  changes: {
    stream: 'BANYAN_CHANGES',
    subjects: /^changes\.[^.]+\.(?:products|shops)\./,
    read: readChangeMessage,
    watermarks: 'watermarks.changes.*',
    readWatermark: readChangeWatermark,
  },
  /** The product service's own events. */
  events: {
    stream: 'PRODUCT_EVENTS',
    subjects: /^events\.product\./,
    read: readEventMessage,
    watermarks: 'watermarks.events.product',
    readWatermark: readEventWatermark,
  },
} as const satisfies Record<string, Feed>;
