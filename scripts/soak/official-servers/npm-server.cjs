'use strict';
// The npm library's server: npm-server.cjs GENERATED TRANSPORT PROTOCOL PORT. Prints `ready HOST:PORT`.
const thrift = require('thrift');
const [generated, transport, protocol, port] = process.argv.slice(2);
const Napping = require(`${generated}/Napping.js`);

const handler = {
  nap: (ms, text) => new Promise((resolve) => setTimeout(resolve, ms, text)),
};
const server = thrift.createServer(Napping, handler, {
  transport: transport === 'framed' ? thrift.TFramedTransport : thrift.TBufferedTransport,
  protocol: protocol === 'compact' ? thrift.TCompactProtocol : thrift.TBinaryProtocol,
});
server.listen(Number(port), '127.0.0.1', () => console.log(`ready 127.0.0.1:${server.address().port}`));
