import { Gauge, type Registry } from 'prom-client';
import type { Status } from './thrift-types.ts';

/** Each is read when it is asked for. */
export function registerMetrics(registry: Registry, status: () => Status): void {
  const gauge = (name: string, help: string, read: (status: Status) => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read(status()));
      },
    });
  gauge('search_index_products', 'Products in the index that answers.', (s) => Number(s.products));
  gauge(
    'search_index_age_seconds',
    'Changes of the last so many seconds may not be in the index yet; -1: nothing is known of it.',
    (s) => (s.ageMs === undefined ? -1 : Number(s.ageMs) / 1_000),
  );
  gauge('search_index_stale', '1 while answers are staler than the bound.', (s) => (s.stale ? 1 : 0));
  gauge(
    'search_feed_pending',
    'Changes that the feed has and the index has not; -1: the feed is not followed.',
    (s) => Number(s.pending ?? -1),
  );
  gauge('search_rebuilding', '1 while another index is built.', (s) => (s.rebuilding ? 1 : 0));
  gauge('search_rebuilds', 'Indexes built since the start.', (s) => Number(s.rebuilds));
}
