import { fileURLToPath } from 'node:url';
import { type Handlers, type Idl, loadIdl, ThriftException } from 'banyan/rpc';

export function everythingIdl(): Promise<Idl> {
  return loadIdl(fileURLToPath(new URL('everything.thrift', import.meta.url)));
}

/** The service of everything.thrift, as the official server of the tests has it. */
export const everythingHandlers: Handlers = {
  ping: (text: string) => `pong ${text}`,
  echo: (value: object) => value,
  nothing: () => undefined,
  add: (left: number | bigint, right: number | bigint) => BigInt(left) + BigInt(right),
  isOdd: (number: number) => number % 2 !== 0,
  notify: () => undefined,
  fail(how: string) {
    if (how === 'declared') throw new ThriftException('Failure', { message: 'as declared', code: 7 });
    if (how === 'fenced') throw Object.assign(new Error('banyan fence: not its rows'), { errno: 1644 });
    throw new Error('not declared');
  },
};

/** A value with something in nearly every field. */
export const everything = {
  flag: false,
  tiny: -128,
  small: 32767,
  medium: -2147483648,
  big: 9223372036854775807n,
  ratio: 0.1,
  text: '한글 🙂 "quoted"\n',
  bytes: Buffer.from([0, 1, 254, 255]),
  color: 40,
  numbers: [1, -1, 0],
  tags: new Set(['a', '']),
  counts: new Map<string, number | bigint>([['x', -9223372036854775808n]]),
  byId: new Map([[7, { name: 'seven', count: 7 }]]),
  inner: { name: 'inner' },
  choice: { number: 5 },
  tree: { value: 1, children: [{ value: 2, children: [] }] },
  grid: [[true, false], []],
  ratios: [1e300, -0.5],
  byColor: new Map([[1, ['r']]]),
  stamp: { at: 1, by: 'me' },
  defaulted: 7,
  nested: [{ text: 'in', defaulted: 7 }],
  ids: new Set([1, 2]),
};
