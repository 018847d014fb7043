import { expect, it } from 'vitest';
import type { Place } from '../../../mover/capture/binlog/binlog-reader.ts';
import { KeyQueue, type QueuedKey } from '../../../mover/capture/binlog/key-queue.ts';

const place = (order: number): Place => ({ file: 'log.1', at: order * 10, order });
const take = (queue: KeyQueue, count: number): QueuedKey[] => {
  const taken = queue.first(count);
  for (const entry of taken) entry.taken = true;
  return taken;
};

it('keeps a key once while it is not taken, from where it was first noted', () => {
  const queue = new KeyQueue();
  queue.note('a', place(1));
  queue.note('a', place(5));
  expect(queue.size).toBe(1);
  expect(queue.oldest()?.order).toBe(1);
});

it('keeps what was noted after the take, and from then on reading may begin there', () => {
  const queue = new KeyQueue();
  queue.note('a', place(1));
  const taken = take(queue, 1);
  queue.note('a', place(5));
  expect(queue.oldest()?.order).toBe(1);
  queue.forget(taken);
  expect(queue.size).toBe(1);
  expect(queue.oldest()?.order).toBe(5);
});

it('reading may not pass a batch that was taken and never forgotten, until its key was applied by another', () => {
  const queue = new KeyQueue();
  queue.note('a', place(1));
  take(queue, 1);
  queue.note('a', place(5));
  const second = take(queue, 1);
  queue.note('a', place(7));
  expect(queue.oldest()?.order).toBe(1);
  queue.forget(second);
  // The key was read again after both changes.
  expect(queue.oldest()?.order).toBe(7);
});

it('lets entries that must wait go last', () => {
  const queue = new KeyQueue();
  for (const [index, name] of ['a', 'b', 'c'].entries()) queue.note(name, place(index));
  queue.putLast(queue.first(1));
  expect(queue.first(3).map((entry) => String(entry.key[0]))).toEqual(['b', 'c', 'a']);
  expect(queue.oldest()?.order).toBe(0);
});
