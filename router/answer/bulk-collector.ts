import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Told of every piece of a body that passes through. */
export interface BulkCollector {
  passed(bytes: number): void;
}

const bytesBetween = 12 * 1024 * 1024;

/**
 * The pieces of a large body are garbage as soon as they are written, but V8 counts them as memory outside its heap and lets
 * 64 MiB and more of them gather before it looks. Asking for a young collection (well under a millisecond: nearly
 * nothing is alive) every 12 MiB keeps a router that streams gigabytes as small as an idle one. Requests of ordinary
 * size never get there between collections of V8's own.
 */
export function createBulkCollector(): BulkCollector {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { type: 'minor' }) => void;
  let bytes = 0;
  return {
    passed(count) {
      bytes += count;
      if (bytes < bytesBetween) return;
      bytes = 0;
      collect({ type: 'minor' });
    },
  };
}
