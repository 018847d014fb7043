/**
 * What happened to one thing of a service. The members that tell of the row are named as Debezium names them (its documentation, "MySQL
 * connector: data change events"), so that whoever reads a change feed can read these.
 */
export interface DomainEvent<Row = unknown> {
  /** Another for each event, the same however often it is sent. */
  readonly id: string;
  /** `product.created` */
  readonly type: string;
  /** Whose order counts: events of one key arrive in the order in which they happened. */
  readonly key: string;
  readonly op: 'c' | 'u' | 'd';
  /** null where there was none. */
  readonly before: Row | null;
  /** null where there is none any more. */
  readonly after: Row | null;
  readonly source: { readonly service: string; readonly table: string };
  /** When it happened, in milliseconds since 1970. */
  readonly ts_ms: number;
}

/** Where events of a service are: one JetStream stream, a subject for each key. */
export interface EventStream {
  /** `PRODUCT_EVENTS` */
  readonly name: string;
  /** `events.product`: `events.product.42` has the events of key 42. */
  readonly subject: string;
}

/** A subject is tokens between dots, and a token holds no space and no wildcard: all else is written as %XX. */
export function subjectOf({ subject }: EventStream, key: string): string {
  const token = encodeURIComponent(key).replace(
    /[.*>]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${subject}.${token}`;
}
