import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newReader, newWriter } from '../../../rpc/wire/protocols.ts';
import { FrameSplitter, MessageSplitter, type Splitter } from '../../../rpc/wire/splitter.ts';

const limit = 1024 * 1024;

function frame(body: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeInt32BE(body.length);
  return Buffer.concat([head, body]);
}

function message(body: Buffer): Buffer {
  const w = newWriter('binary');
  w.message('m', 1, 1);
  w.field(11, 1);
  w.binary(body);
  w.stop();
  return w.copy();
}

/** What comes out when the bytes come in pieces of these sizes, in turn. */
function split(splitter: Splitter, bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const end = Math.min(bytes.length, at + sizes[turn % sizes.length]!);
    splitter.push(Buffer.from(bytes.subarray(at, end)), (buf, start, stop) =>
      messages.push(Buffer.from(buf.subarray(start, stop))),
    );
    at = end;
  }
  return messages;
}

const bodies = fc.array(
  fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.uint8Array({ minLength: 9_000, maxLength: 70_000 })),
  { minLength: 1, maxLength: 6 },
);
const sizes = fc.array(
  fc.oneof(
    fc.integer({ min: 1, max: 9 }),
    fc.constantFrom(4_095, 4_096, 65_536),
    fc.integer({ min: 1_000, max: 20_000 }),
  ),
  { minLength: 1, maxLength: 5 },
);

test('frames and messages come out whole, however they are cut', () => {
  fc.assert(
    fc.property(bodies, sizes, (made, cuts) => {
      const whole = made.map((one) => Buffer.from(one));
      const framed = new FrameSplitter(limit);
      expect(split(framed, Buffer.concat(whole.map(frame)), cuts)).toEqual(whole);
      const messages = whole.map(message);
      const unframed = new MessageSplitter(limit, newReader('binary'));
      expect(split(unframed, Buffer.concat(messages), cuts)).toEqual(messages);
      expect([framed.held, unframed.held]).toEqual([0, 0]);
    }),
    { numRuns: 40 },
  );
});

test('a frame that trickles in byte by byte takes little more memory than its bytes', () => {
  const splitter = new FrameSplitter(limit);
  const bytes = frame(Buffer.alloc(400_000));
  const before = process.memoryUsage();
  for (let at = 0; at < bytes.length - 1; at++) {
    splitter.push(Buffer.from(bytes.subarray(at, at + 1)), () => expect.unreachable());
  }
  expect(splitter.held).toBe(bytes.length - 1);
  const after = process.memoryUsage();
  globalThis.gc?.();
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(64 * 1024 * 1024);
});

test('an announced frame takes no memory before its bytes come', () => {
  const before = process.memoryUsage().arrayBuffers;
  const splitters = Array.from({ length: 1_000 }, () => {
    const splitter = new FrameSplitter(64 * 1024 * 1024);
    splitter.push(Buffer.from([3, 255, 255, 255, 0]), () => expect.unreachable());
    return splitter;
  });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * 1024 * 1024);
  expect(splitters.every(({ held }) => held === 5)).toBe(true);
});
