'use strict';
// The gateway a team would write by hand: Express, and a client of officially generated code.
const express = require('express');
const thrift = require('thrift');
const Catalog = require('./gen/Catalog.js');

const [host, port] = process.argv[2].split(':');
const connection = thrift.createConnection(host, Number(port), {
  transport: thrift.TFramedTransport,
  protocol: thrift.TBinaryProtocol,
});
connection.on('error', (error) => {
  throw error;
});
const client = thrift.createClient(Catalog, connection);
const app = express();
app.set('etag', false);
app.get('/items/:id', async (request, response, next) => {
  try {
    const found = await client.getItem(Number(request.params.id));
    response.json({ ...found, id: Number(found.id), shopId: Number(found.shopId) });
  } catch (error) {
    next(error);
  }
});
const server = app.listen(0, '127.0.0.1', () => {
  console.log(`ready http://127.0.0.1:${server.address().port}`);
});
process.once('SIGTERM', () => process.exit(0));
