import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Linked, LinkedQueue } from '../../../common/linked-queue.ts';

class Item implements Linked<Item> {
  ahead: Item | null = null;
  behind: Item | null = null;
  readonly name: number;
  constructor(name: number) {
    this.name = name;
  }
}

test('a queue does what a Set does, in its order', () => {
  const step = fc.record({ item: fc.nat(9), adds: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const items = Array.from({ length: 10 }, (_, name) => new Item(name));
      const queue = new LinkedQueue<Item>();
      const set = new Set<Item>();
      for (const { item: name, adds } of steps) {
        const item = items[name]!;
        if (!adds) expect(queue.delete(item)).toBe(set.delete(item));
        else if (!set.has(item)) {
          queue.add(item);
          set.add(item);
        }
        expect(queue.has(item)).toBe(set.has(item));
        expect(queue.size).toBe(set.size);
      }
      const names: number[] = [];
      for (let item = queue.first; item !== null; item = item.behind) names.push(item.name);
      expect(names).toEqual([...set].map((item) => item.name));
    }),
  );
});

test('whoever has left holds on to nobody', () => {
  const queue = new LinkedQueue<Item>();
  const items = [new Item(1), new Item(2), new Item(3)] as const;
  for (const item of items) queue.add(item);
  queue.delete(items[1]);
  expect([items[1].ahead, items[1].behind]).toEqual([null, null]);
  expect(items[0].behind).toBe(items[2]);
});
