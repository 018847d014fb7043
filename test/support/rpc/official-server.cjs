'use strict';
// A service on officially generated code, unchanged, as another team would run it. Prints `ready HOST:PORT`.
const thrift = require('thrift');
const Service = require('../gen/EverythingService.js');
const { Failure } = require('../gen/everything_types.js');

const [transport, protocol, multiplexed] = process.argv.slice(2);
const handler = {
  ping: (text) => Promise.resolve(`pong ${text}`),
  echo: (value) => Promise.resolve(value),
  nothing: () => Promise.resolve(),
  add: (left, right) => Promise.resolve(thrift.fromBigInt(thrift.toBigInt(left) + thrift.toBigInt(right))),
  isOdd: (number) => Promise.resolve(number % 2 !== 0),
  notify: () => Promise.resolve(),
  fail: (how) =>
    Promise.reject(
      how === 'declared'
        ? new Failure({ message: 'as declared', code: 7 })
        : new Error(how === 'fenced' ? 'insert into t - banyan fence: not its rows' : 'not declared'),
    ),
};
const options = {
  transport: transport === 'buffered' ? thrift.TBufferedTransport : thrift.TFramedTransport,
  protocol: protocol === 'compact' ? thrift.TCompactProtocol : thrift.TBinaryProtocol,
};
let server;
if (transport === 'header') {
  // With handlers that answer later, the library's server forgets that the request had a header.
  const atOnce = {
    ...handler,
    ping: (text, done) => done(null, `pong ${text}`),
    echo: (value, done) => done(null, value),
  };
  server = thrift.createServer(Service, atOnce, {
    // The header protocol reads the frame's length itself.
    transport: thrift.TBufferedTransport,
    protocol: thrift.THeaderProtocol,
  });
} else if (multiplexed) {
  const processor = new thrift.MultiplexedProcessor();
  processor.registerProcessor(multiplexed, new Service.Processor(handler));
  server = thrift.createMultiplexServer(processor, options);
} else {
  server = thrift.createServer(Service, handler, options);
}
server.listen(0, '127.0.0.1', () => console.log(`ready 127.0.0.1:${server.address().port}`));
