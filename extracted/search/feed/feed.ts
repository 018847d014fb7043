import type { Change } from '../document.ts';
import { changeOfMessage, endsSnapshot } from './change-message.ts';
import { changeOfEvent } from './event-message.ts';

/** One kind of stream that an index can follow. */
export interface Feed {
  /** Its name at the broker. */
  readonly stream: string;
  /** Of messages that may concern the index; others are passed over unread. */
  readonly subjects: RegExp;
  /** null: it tells of no row. @throws ZodError where it is not what the stream's messages are */
  readonly changeOf: (said: unknown) => Change | null;
  /** Whether rows may be gone that no message told of. */
  readonly endsSnapshot: (said: unknown) => boolean;
}

export const feeds = {
  /** banyan's change feed (its docs/feed.md), whatever the features are called that own the tables. */
  changes: {
    stream: 'BANYAN_CHANGES',
    subjects: /^changes\.[^.]+\.(?:products|shops)\./,
    changeOf: changeOfMessage,
    endsSnapshot,
  },
  /** The product service's own events. */
  events: {
    stream: 'PRODUCT_EVENTS',
    subjects: /^events\.product\./,
    changeOf: changeOfEvent,
    endsSnapshot: () => false,
  },
} as const satisfies Record<string, Feed>;
