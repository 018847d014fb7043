import fc from 'fast-check';

/** One request to the product feature, as data. */
export interface ShopRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** How to ask with the tag that the page has now. */
  readonly tag?: 'none' | 'current' | 'current-in-list' | 'strong' | 'any' | 'other';
}

const oddIds = [
  ...[
    '0',
    '-0',
    '-1',
    '007',
    '+5',
    '1.0',
    '1e1',
    '%201',
    '%31',
    'abc',
    'null',
    '%00',
    '%EF%BC%91',
    '1;a',
    "'1'",
  ],
  ...['4294967295', '4294967296', '9007199254740993', '9223372036854775807', '9223372036854775808'],
  ...['-9223372036854775808', '-9223372036854775809', '18446744073709551616', '1'.repeat(60), '1_0', '0x1'],
];
const someId = fc.integer({ min: 1, max: 60 }).map(String);
const id = fc.oneof({ weight: 5, arbitrary: someId }, { weight: 2, arbitrary: fc.constantFrom(...oddIds) });

/** JSON texts, valid ones mostly, for every member of a product. */
const texts: Readonly<Record<string, readonly string[]>> = {
  shopId: ['1', '3', '5', '3.0', '30e-1', '4294967295', '4294967296', '0', '-1', '1.5'],
  name: [
    '"x"',
    '"램프 💡"',
    '"\\u0000\\ud83d\\udca1"',
    '"\\ud800"',
    `"${'é'.repeat(200)}"`,
    `"${'💡'.repeat(200)}"`,
    `"${'💡'.repeat(201)}"`,
    '""',
  ],
  description: [
    '""',
    '"a \\"b\\" \\\\ \\/ \\n\\t\\u2028 </script>"',
    `"${'설'.repeat(5000)}"`,
    `"${'y'.repeat(5001)}"`,
  ],
  price: [
    '"1"',
    '"0.5"',
    '"12.50"',
    '"9999999999.99"',
    '"10000000000"',
    '"1.234"',
    '"-1"',
    '"1e3"',
    '""',
    '"٣"',
  ],
  status: ['"live"', '"draft"', '"sold_out"', '"LIVE"', '"gone"', '"toString"', '1', '2'],
  attributes: [
    ...['null', '{}', '{"b":1,"a":[1.50,-0,1e3,1e400,12345678901234567890]}', '{"2":1,"1":{"x":null}}'],
    ...[
      '{"a":1,"a":2}',
      '{"__proto__":{"a":1}}',
      '{"ключ":"\\ud83d\\ude00 \\u00e9"}',
      '[]',
      '"{}"',
      '7',
      'false',
    ],
    ...[
      '{"\\ud800":1}',
      '{"a":["\\udc00\\ud800"]}',
      '{"a":9007199254740993,"b":0.1e-7,"c":1E+2}',
      '[null]',
      ' { } ',
    ],
    ...[nested(16), nested(17), nested(60), nested(126), nested(127), nested(128), nested(500)],
  ],
};
const wrong = [
  'null',
  'true',
  '0',
  '-0',
  '""',
  '"5"',
  '[]',
  '{}',
  '1e400',
  '-1e400',
  '12345678901234567890',
  '1e19',
  '5e-1',
];
const sku = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 400 }).map((n) => `"K-${n}"`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('"k-1"', '"S1-1"', '"a b"', `"${'s'.repeat(65)}"`, '"é"', '"x\\n"'),
  },
);

function member(name: string, likely: fc.Arbitrary<string>): fc.Arbitrary<readonly [string, string]> {
  const value = fc.oneof(
    { weight: 12, arbitrary: likely },
    { weight: 1, arbitrary: fc.constantFrom(...wrong) },
  );
  return value.map((text) => [name, text] as const);
}

/** Any code units, half surrogate pairs among them, now and then. */
const anyText = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 220 }) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 3 })
      .map((units) => String.fromCharCode(...units)),
  },
);
const anyJson: Readonly<Record<string, fc.Arbitrary<string>>> = {
  name: anyText.map((text) => JSON.stringify(text)),
  description: anyText.map((text) => JSON.stringify(text)),
  price: fc.double({ min: 0, max: 1e10, noNaN: true }).map((price) => JSON.stringify(price.toFixed(2))),
  attributes: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })).map((value) => JSON.stringify(value)),
  shopId: fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
};

const mostlyFirst = (all: readonly string[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...all.slice(0, 2)) }, fc.constantFrom(...all));

const members = fc.tuple(
  member('sku', sku),
  ...Object.entries(texts).map(([name, all]) =>
    member(name, fc.oneof({ weight: 4, arbitrary: mostlyFirst(all) }, anyJson[name] ?? mostlyFirst(all))),
  ),
);
const extras = fc.constantFrom<readonly (readonly [string, string])[]>(
  [],
  [],
  [['colour', '"red"']],
  [
    ['id', '7'],
    ['createdAt', '"now"'],
  ],
  [
    ['__proto__', '{"name":"y"}'],
    ['constructor', '1'],
  ],
  [['name', '"twice"']],
  [
    ['', 'null'],
    ['Name', '5'],
  ],
);

const product = fc
  .tuple(
    fc.shuffledSubarray(['sku', ...Object.keys(texts)], { minLength: 0 }),
    fc.boolean(),
    members,
    extras,
    fc.constantFrom('', ' ', '\r\n\t'),
  )
  .map(([some, whole, all, more, space]) => {
    const kept = whole ? all : all.filter(([name]) => some.includes(name));
    const inside = [...kept, ...more].map(([name, text]) => `${space}"${name}"${space}:${space}${text}`);
    return Buffer.from(`${space}{${inside.join(',')}${space}}${space}`);
  });

/** A body in which a byte went wrong on the way. */
const mutated = fc
  .tuple(
    product,
    fc.nat(),
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom('replace', 'insert', 'delete', 'cut'),
  )
  .map(([bytes, where, byte, how]) => {
    const at = where % bytes.length;
    const before = bytes.subarray(0, at);
    if (how === 'cut') return before;
    const after = bytes.subarray(how === 'insert' ? at : at + 1);
    return Buffer.concat([before, how === 'delete' ? Buffer.alloc(0) : Buffer.from([byte]), after]);
  });

const broken = fc
  .constantFrom(
    ...[
      '',
      ' ',
      '{',
      '}',
      'null',
      'true',
      '7',
      '"x"',
      '[]',
      '[{}]',
      '{}',
      '{"name":"x",}',
      "{'name':'x'}",
      '{name:"x"}',
    ],
    ...[
      '{"name":NaN}',
      '{"name":"x"} x',
      '{"name":"x"}{}',
      '{"shopId":01}',
      '{"shopId":.5}',
      '{"shopId":1.}',
      '{"shopId":+1}',
    ],
    ...[
      '{"name":"a\nb"}',
      '{"name":"\\x41"}',
      '{"name":"\\u12"}',
      '\ufeff{"name":"bom"}',
      '{"name":"x"}\u0000',
      '\u00a0{}',
    ],
    ...[
      '// c\n{}',
      '{"name":undefined}',
      '{"name"}',
      '{,}',
      '[',
      `${'['.repeat(200)}${']'.repeat(200)}`,
      `{"a":${nested(300)}}`,
    ],
  )
  .map((text) => Buffer.from(text));
const badUtf8 = fc.constantFrom(
  Buffer.from('7b226e616d65223a22ff227d', 'hex'),
  Buffer.from('7b226e616d65223a22c3227d', 'hex'),
  Buffer.from('7b226e616d65223a22eda080227d', 'hex'),
  Buffer.from('{"name":"x"}', 'utf16le'),
);
const sized = fc
  .constantFrom(102_399, 102_400, 102_401, 150_000)
  .map((size) => Buffer.from(`{"name":"sized"${' '.repeat(size - 16)}}`));

const body = fc.oneof(
  { weight: 20, arbitrary: product },
  { weight: 6, arbitrary: mutated },
  { weight: 6, arbitrary: broken },
  { weight: 2, arbitrary: badUtf8 },
  { weight: 1, arbitrary: sized },
);

const json = { 'content-type': 'application/json' };
const bodyHeaders = fc.oneof(
  { weight: 20, arbitrary: fc.constant<Record<string, string>>(json) },
  {
    weight: 6,
    arbitrary: fc.constantFrom<Record<string, string>>(
      ...[
        'application/json; charset=utf-8',
        'Application/JSON;Charset="UTF-8"',
        'application/json ; a=b',
        'text/plain',
      ].map(type),
      ...[
        'application/json; charset=utf-16le',
        'application/json; charset=latin1',
        'application/problem+json',
      ].map(type),
      ...['application/jsonx', 'application/json, text/plain', '', 'json', '*/*', 'application/*'].map(type),
      ...['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/json;'].map(
        type,
      ),
      {},
      { ...json, 'content-encoding': 'gzip' },
      { ...json, 'content-encoding': 'identity' },
      { ...json, expect: '100-continue' },
    ),
  },
);

const parameter = fc.tuple(
  fc.constantFrom('shopId', 'after', 'limit', 'limit', 'after', 'page', 'Limit', 'limit[]', '%6cimit', ''),
  fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 6 }).map((n) => `=${n}`) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        ...oddIds.map((odd) => `=${odd}`),
        '',
        '=',
        '=100',
        '=101',
        '=%zz',
        '=1+1',
        '=1=1',
        '=%C3',
      ),
    },
  ),
);
const page = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 6 }))
  .map(([shop, after, limit]) => `?shopId=${shop}&after=${after}&limit=${limit}`);
const oddQuery = fc
  .array(parameter, { maxLength: 3 })
  .map((all) => (all.length === 0 ? '' : `?${all.map(([name, value]) => name + value).join('&')}`));
const query = fc.oneof(page, oddQuery, oddQuery);

const tag = fc.constantFrom<NonNullable<ShopRequest['tag']>>(
  'none',
  'none',
  'current',
  'current-in-list',
  'strong',
  'any',
  'other',
);
const readHeaders = fc.constantFrom<Record<string, string>>(
  {},
  {},
  {},
  { 'cache-control': 'no-cache' },
  { accept: 'text/html' },
  json,
);
const readMethod = fc.constantFrom('GET', 'GET', 'GET', 'HEAD');

const read = fc
  .tuple(
    readMethod,
    fc.oneof(
      id.map((one) => `/${one}`),
      fc.constant(''),
    ),
    query,
    readHeaders,
    tag,
  )
  .map(
    ([method, one, asked, headers, tagged]): ShopRequest => ({
      method,
      path: `/api/products${one}${asked}`,
      headers,
      tag: tagged,
    }),
  );
const create = fc
  .tuple(bodyHeaders, body)
  .map(([headers, sent]): ShopRequest => ({ method: 'POST', path: '/admin/products', headers, body: sent }));
const change = fc.tuple(fc.constantFrom('PUT', 'PATCH', 'PATCH'), id, bodyHeaders, body).map(
  ([method, one, headers, sent]): ShopRequest => ({
    method,
    path: `/admin/products/${one}`,
    headers,
    body: sent,
  }),
);
const bodiless = fc.tuple(fc.constantFrom('POST', 'PUT', 'PATCH'), fc.constantFrom({}, json)).map(
  ([method, headers]): ShopRequest => ({
    method,
    path: `/admin/products${method === 'POST' ? '' : '/3'}`,
    headers,
  }),
);
const remove = fc
  .tuple(id, fc.constantFrom({}, { ...json }), fc.option(fc.constantFrom('{', '{}'), { nil: undefined }))
  .map(
    ([one, headers, sent]): ShopRequest => ({
      method: 'DELETE',
      path: `/admin/products/${one}`,
      headers,
      ...(sent !== undefined && { body: Buffer.from(sent) }),
    }),
  );

/** Requests to every route of the product feature: good, odd and bad. */
export const shopRequests: fc.Arbitrary<ShopRequest> = fc.oneof(
  { weight: 6, arbitrary: read },
  { weight: 6, arbitrary: create },
  { weight: 6, arbitrary: change },
  { weight: 1, arbitrary: bodiless },
  { weight: 1, arbitrary: remove },
);

function type(value: string): Record<string, string> {
  return { 'content-type': value };
}

function nested(levels: number): string {
  return `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;
}
