// A monolith as teams have them: routers in routers, one app in another, guards in front, patterns. `EXPRESS` names the version.
const express = require(process.env.EXPRESS);
const knex = require('knex');

const database = knex({
  client: 'mysql2',
  connection: { host: '127.0.0.1', port: 1, user: 'nobody', database: 'library' },
});
const four = process.env.EXPRESS === 'express4';
const app = express();

function session(_request, _response, next) {
  next();
}
function librariansOnly(_request, _response, next) {
  next();
}
const all = (table) => async (_request, response) => response.json(await database(table).select());
const one = (table) => async (request, response) =>
  response.json(await database(table).where({ id: request.params.id }).first());

app.use(session);
app.get('/', (_request, response) => response.send('library'));

const copies = express.Router({ mergeParams: true });
copies.get('/', all('book_copies'));
copies.route('/:copyId').get(one('book_copies')).patch(librariansOnly, one('book_copies'));

const books = express.Router();
books.param('id', (_request, _response, next) => next());
books.get(['/', '/newest'], all('books'));
books.get(four ? '/:id(\\d+)' : '/:id', one('books'));
books.post('/', librariansOnly, express.json(), all('books'));
books.use('/:id/copies', copies);

const api = express.Router();
api.use('/books', books);
api.all('/readers/:id', librariansOnly, one('readers'));
app.use(['/api', '/v1'], librariansOnly, api);

const admin = express();
admin.delete('/loans/:id', one('loans'));
admin.get(/^\/loans\/\d{4}$/, all('loans'));
app.use('/admin', admin);

app.listen(0, '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
