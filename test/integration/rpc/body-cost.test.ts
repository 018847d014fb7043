import { createGateway, type Gateway, loadIdl } from 'banyan/rpc';
import { beforeAll, expect, test } from 'vitest';
import { loopbackClient } from '../../../scripts/bench/rpc-peers/loopback-client.ts';
import { idlFiles } from '../../support/rpc/docs-idl.ts';
import { httpInput } from '../../support/rpc/http-input.ts';

/** No body may hold the event loop, on which every other request waits, for longer than its size says. */
const idlText = `
struct Cell { 1: optional i64 n, 2: optional string s, 3: optional string r (api.raw_json = "") }
struct Body {
  1: optional list<Cell> cells
  2: optional list<string> raws (api.raw_json = "")
  3: optional string raw (api.raw_json = "")
  4: optional list<i64> longs
  5: optional list<double> doubles
  6: optional set<i32> numbers
  7: optional set<i64> bigs
  8: optional set<string> names
  9: optional set<double> ratios
  10: optional set<list<double>> points
  11: optional set<set<i32>> sets
  12: optional set<binary> bytes
  13: optional map<i32, i32> byNumber
  14: optional map<string, i32> byName
  15: optional map<list<i32>, i32> byList
  16: optional list<list<list<i32>>> nested
}
service Bodies {
  Body echo(1: Body body (api.body = "*")) (api.post = "/echo")
  Body form(1: optional string a (api.form = "a"), 2: optional list<string> b (api.form = "b")) (api.post = "/form")
}`;
const size = 1_000_000;

let gateway: Gateway;
let sentAt: NodeJS.CpuUsage | null;

beforeAll(async () => {
  await using files = await idlFiles({ 'service.thrift': idlText });
  const idl = await loadIdl(files.path('service.thrift'));
  gateway = createGateway({
    idl,
    service: 'Bodies',
    client: loopbackClient(idl, () => {
      sentAt = process.threadCpuUsage();
    }),
  });
});

/** `{"name":[…]}` of about 1 MB. */
function many(name: string, element: (i: number) => string, brackets = '[]'): string {
  const elements: string[] = [];
  for (let length = 0, i = 0; length < size; i++) {
    const one = element(i);
    elements.push(one);
    length += one.length + 1;
  }
  return `{${JSON.stringify(name)}:${brackets[0]}${elements.join()}${brackets[1]}}`;
}

const hex = (i: number): string => i.toString(36);
const cases: [string, () => string][] = [
  ['small structs', () => many('cells', () => '{"n":1}')],
  ['structs with raw members', () => many('cells', () => '{"r":1}')],
  ['structs with raw objects', () => many('cells', () => '{"r":{"a":[1]}}')],
  ['empty structs', () => many('cells', () => '{}')],
  ['unknown members', () => many('cells', (i) => `{"${hex(i)}":""}`)],
  ['escaped strings', () => many('cells', () => String.raw`{"s":"\n\""}`)],
  ['escaped names', () => many('cells', () => String.raw`{"\u0072":0}`)],
  ['escaped surrogate pairs', () => many('cells', () => String.raw`{"s":"\ud83d\ude00"}`)],
  [
    'half a surrogate pair at the end',
    () => many('cells', (i) => String.raw`{"s":"\ud83d${i > size / 14 ? '' : '\\ude00'}"}`),
  ],
  ['raw numbers', () => many('raws', () => '1')],
  ['raw strings', () => many('raws', () => '""')],
  ['raw deep arrays', () => many('raws', () => '[[[[]]]]')],
  ['one raw member', () => many('raw', () => '{"a":1}')],
  ['one raw string', () => `{"raw":"${'x'.repeat(size)}"}`],
  ['one raw string of backslashes', () => `{"raw":"${'\\\\'.repeat(size / 2)}"}`],
  ['one raw string of quotes', () => `{"raw":"${'\\"'.repeat(size / 2)}"}`],
  ['blanks', () => `{"raw":1${' '.repeat(size)}}`],
  ['one long number', () => `{"ignored":${'1'.repeat(size)}}`],
  ['long numbers', () => many('longs', () => '1234567890123456')],
  ['exponents', () => many('longs', () => '1e3')],
  ['exponents among structs', () => many('cells', () => '{"n":1e3}')],
  ['long doubles', () => many('doubles', () => '1.2345678901234567')],
  ['a set of numbers', () => many('numbers', (i) => String(i))],
  ['a set of i64', () => many('bigs', (i) => String(9_000_000_000_000_000 + i * 1_001))],
  ['a set of strings', () => many('names', (i) => `"${hex(i)}"`)],
  ['a set of doubles', () => many('ratios', (i) => String(i / 2))],
  ['a set of lists of doubles', () => many('points', (i) => `[${i}]`)],
  ['a set of sets', () => many('sets', (i) => `[${i}]`)],
  [
    'a set of one huge set',
    () =>
      many('sets', (i) => String(i), '[]')
        .replace('[', '[[')
        .replace(/\]\}$/, ']]}'),
  ],
  ['a set of binaries', () => many('bytes', (i) => `"${Buffer.from(hex(i)).toString('base64')}"`)],
  ['a map by numbers', () => many('byNumber', (i) => `"${i}":1`, '{}')],
  ['a map by names', () => many('byName', (i) => `"${hex(i)}":1`, '{}')],
  ['a map by lists', () => many('byList', (i) => `[[${i}],1]`)],
  ['brackets', () => many('nested', () => '[[]]')],
  ['brackets in a string', () => `{"raw":"${'['.repeat(size)}"}`],
  ['a fault at its end', () => `${many('cells', () => '{"n":1}')}x`],
  ['a fault at its end, behind raw members', () => `${many('raws', () => '""')}x`],
  [
    'a bad escape at its end',
    () => many('cells', (i) => (i > size / 8 - 2 ? String.raw`{"s":"\x"}` : '{"n":1}')),
  ],
  ['an unfinished string', () => `{"raw":"${'x'.repeat(size)}`],
  ['depth', () => `{"raw":${'['.repeat(size)}`],
];

test.each(cases)(
  '%s: request and reply hold the event loop for no longer than their size says',
  async (name, make) => {
    const text = make();
    const input = httpInput('POST', '/echo', { body: text });
    // Once before, so that compilers have seen the code.
    await gateway.invoke('echo', input);
    sentAt = null;
    const began = process.threadCpuUsage();
    const { status } = await gateway.invoke('echo', input);
    const ended = process.threadCpuUsage();
    // A reply is read in another turn than its request was written.
    const turns =
      sentAt === null
        ? [[began, ended]]
        : [
            [began, sentAt],
            [sentAt, ended],
          ];
    const costs = turns.map(([from, to]) => msPerMb(from!, to!, text));
    if (process.env.BANYAN_SHOW_COST !== undefined)
      console.log(name, status, ...costs.map(Math.round), 'ms per MB');
    // 5 to 50 on a quiet machine, and twice that for what JSON.parse alone takes 50 ms for: hundreds of thousands of names.
    expect(Math.max(...costs)).toBeLessThan(200);
  },
);

function msPerMb(one: NodeJS.CpuUsage, other: NodeJS.CpuUsage, { length }: string): number {
  return (other.user + other.system - one.user - one.system) / 1_000 / (length / 1_000_000);
}
