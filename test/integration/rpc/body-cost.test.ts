import { createGateway, type Gateway, loadIdl } from 'banyan/rpc';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loopbackClient } from '../../../scripts/bench/rpc-peers/loopback-client.ts';
import { idlFiles } from '../../support/rpc/docs-idl.ts';
import { httpInput } from '../../support/rpc/http-input.ts';

/**
 * No body may hold the event loop, on which every other request waits, for longer than its size says: what costs more than its size is
 * found, a square of the size (thousands of times JSON.parse) above all. What JSON.parse takes for a MB of small objects here and now is
 * measured beside each body. How many times that a body takes exactly is no matter of a test on a shared machine: a quiet one shows at
 * most 5 times (BANYAN_SHOW_COST prints them), and `npm run bench -- rpc` measures it.
 */
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
  Body parts(1: optional map<string, list<string>> b (api.form = "b", api.nested = "brackets")) (api.post = "/parts")
  Body files(1: optional string a (api.form = "a"), 2: optional list<binary> b (api.file_name = "b")) (api.post = "/files", api.max_fields = "1000000", api.max_files = "1000000")
}`;
const size = 500_000;

/** How many times longer a body may hold the event loop than JSON.parse does for small objects of the same size. */
const mostTimes = 20;
const yardstick = `[${'{"n":1},'.repeat(size / 2)}{}]`;
/** The least that was seen of the yardstick, and of bodies a few times: what else the machine does only adds. */
let leastOfYardstick = Number.POSITIVE_INFINITY;
const mostTries = 6;

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
afterAll(() => gateway.close());

/** How often the yardstick goes into the longest turn that the body takes of this thread, at its best. */
async function timesYardstick(name: string, text: string, measure: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  let times = 0;
  // The first round is before compilers have seen the code.
  for (let i = 0; i < mostTries; i++) {
    const began = process.threadCpuUsage();
    JSON.parse(yardstick);
    leastOfYardstick = Math.min(leastOfYardstick, msPerMb(began, process.threadCpuUsage(), yardstick));
    least = Math.min(least, await measure());
    times = least / leastOfYardstick;
    if (i > 0 && times <= mostTimes) break;
  }
  if (process.env.BANYAN_SHOW_COST !== undefined) {
    console.log(name, text.length, `${least.toFixed(1)} ms per MB, ${times.toFixed(1)} times JSON.parse`);
  }
  return times;
}

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

const urlencoded = 'application/x-www-form-urlencoded';
const multipart = 'multipart/form-data; boundary=x';
const repeated = (text: string): string => text.repeat(Math.floor(size / text.length));

test.each<[string, string, string, string]>([
  ['escapes that encode nothing', 'form', urlencoded, repeated('b=%zz&')],
  ['names that encode nothing', 'parts', urlencoded, repeated('b[%zz]=&')],
  ['names of others that encode nothing', 'parts', urlencoded, repeated('%zz&')],
  ['parts', 'parts', urlencoded, repeated('b[a]=1&')],
  ['deep parts', 'parts', urlencoded, `b${'[a]'.repeat(size / 3)}=1`],
  ['brackets', 'parts', urlencoded, `b${'['.repeat(size)}=1`],
  ['texts', 'files', multipart, repeated('--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n')],
  [
    'a file',
    'files',
    multipart,
    `--x\r\nContent-Disposition: form-data; name="b"; filename="f"\r\n\r\n${repeated('\r\n--y')}\r\n--x--`,
  ],
  [
    'files',
    'files',
    multipart,
    repeated('--x\r\nContent-Disposition: form-data; name="b"; filename="f"\r\n\r\n1\r\n'),
  ],
])('forms of %s hold the event loop for no longer than their size says', async (name, method, type, text) => {
  const input = httpInput('POST', `/${method}`, { body: text, headers: { 'content-type': type } });
  const times = await timesYardstick(name, text, async () => {
    const began = process.threadCpuUsage();
    await gateway.invoke(method, input);
    return msPerMb(began, process.threadCpuUsage(), text);
  });
  expect(times).toBeLessThanOrEqual(mostTimes);
});

test.each(cases)(
  '%s: request and reply hold the event loop for no longer than their size says',
  async (name, make) => {
    const text = make();
    const input = httpInput('POST', '/echo', { body: text });
    const times = await timesYardstick(name, text, async () => {
      sentAt = null;
      const began = process.threadCpuUsage();
      await gateway.invoke('echo', input);
      const ended = process.threadCpuUsage();
      // A reply is read in another turn than its request was written.
      if (sentAt === null) return msPerMb(began, ended, text);
      return Math.max(msPerMb(began, sentAt, text), msPerMb(sentAt, ended, text));
    });
    expect(times).toBeLessThanOrEqual(mostTimes);
  },
);

function msPerMb(one: NodeJS.CpuUsage, other: NodeJS.CpuUsage, { length }: string): number {
  return (other.user + other.system - one.user - one.system) / 1_000 / (length / 1_000_000);
}
