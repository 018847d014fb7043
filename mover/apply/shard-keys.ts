import type { TakenKeys } from '../capture/change-log.ts';
import { type KeyValues, keyId } from '../plan/key-range.ts';

/**
 * The distinct keys in at most `shards` lists of about `size` or more, and no two lists hold the same key. Which keys are the
 * same the log tells by their ranks, since only a server knows what a collation calls equal; each list is a stretch of
 * the key order, so that shards meet on as few pages and gaps of the target as can be.
 */
export function shardKeys(
  { keys, ranks }: Pick<TakenKeys, 'keys' | 'ranks'>,
  shards: number,
  size: number,
): KeyValues[][] {
  const distinct = new Map(keys.map((key, index) => [keyId(key), { key, rank: ranks?.[index] ?? 0 }]));
  const highest = Math.max(0, ...[...distinct.values()].map(({ rank }) => rank));
  const lists = ranks === undefined ? 1 : Math.max(1, Math.min(shards, Math.ceil(highest / size)));
  const sharded = Array.from({ length: lists }, (): KeyValues[] => []);
  for (const { key, rank } of distinct.values()) {
    const at = Math.min(lists - 1, Math.floor(((rank - 1) * lists) / Math.max(1, highest)));
    sharded[Math.max(0, at)]?.push(key);
  }
  return sharded.filter((list) => list.length > 0);
}
