'use strict';
// Calls a service through officially generated code and prints what came back as one line of JSON.
const thrift = require('thrift');
const Service = require('../gen/EverythingService.js');
const { Everything, Inner } = require('../gen/everything_types.js');

const [port, transport, protocol, multiplexed] = process.argv.slice(2);
const connection = thrift.createConnection('127.0.0.1', Number(port), {
  transport: transport === 'buffered' ? thrift.TBufferedTransport : thrift.TFramedTransport,
  protocol: protocol === 'compact' ? thrift.TCompactProtocol : thrift.TBinaryProtocol,
});
const client = multiplexed
  ? new thrift.Multiplexer().createClient(multiplexed, Service, connection)
  : thrift.createClient(Service, connection);

async function failure(how) {
  try {
    await client.fail(how);
    return 'nothing';
  } catch (error) {
    return { name: error.name, message: error.message, code: error.code ?? null, type: error.type ?? null };
  }
}

async function main() {
  const value = new Everything({
    flag: true,
    medium: -5,
    big: thrift.fromBigInt(-9007199254740993n),
    text: '한글 🙂',
    bytes: Buffer.from([0, 255, 128]),
    color: 40,
    tags: ['a', 'b'],
    byId: { 3: new Inner({ name: 'three' }) },
    grid: [[true, false], []],
    ratios: [0.1, -1e300],
  });
  client.notify('one way');
  const echoed = await client.echo(value);
  console.log(
    JSON.stringify({
      pong: await client.ping('x'),
      sum: String(
        thrift.toBigInt(await client.add(thrift.fromBigInt(9007199254740993n), thrift.fromBigInt(1n))),
      ),
      odd: await client.isOdd(3),
      nothing: (await client.nothing()) ?? null,
      echoed: {
        ...echoed,
        big: String(thrift.toBigInt(echoed.big)),
        bytes: Buffer.from(echoed.bytes).toString('hex'),
      },
      declared: await failure('declared'),
      undeclared: await failure('undeclared'),
    }),
  );
  connection.end();
}
main();
