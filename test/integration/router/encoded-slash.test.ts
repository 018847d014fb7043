import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import express from 'express';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pathRulesSchema, readTarget } from '../../../router/request/request-target.ts';
import { createMatcher } from '../../../router/table/matcher.ts';
import { feature, route, startStage, startUpstream, table } from '../../support/router/router-stage.ts';

const keep = pathRulesSchema.parse({ encodedSlash: 'keep' });
const patterns = ['/files/:name', '/files/:name/meta', '/files/:folder/:name', '/a/b', '/:any'];

/** Asked with the target as it stands: `fetch` would correct it. */
async function ask(url: string, path: string, method = 'GET') {
  const { port } = new URL(url);
  const asked = httpRequest({ host: '127.0.0.1', port, path, method, agent: false });
  asked.end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return { status: answer.statusCode, text };
}

it('router and Express read every path with encoded slashes alike', async () => {
  const app = express();
  for (const pattern of patterns) {
    app.get(pattern, (request, response) => {
      response.json({ pattern, params: request.params });
    });
  }
  app.use((_request, response) => {
    response.json(null);
  });
  await using monolith = await startUpstream(app);
  const routes = patterns.map((pattern) => route(`GET ${pattern}`));
  const matcher = createMatcher(routes);
  const part = fc.constantFrom(
    '%2F',
    '%2f',
    '%252F',
    '/',
    'files',
    'a',
    'b',
    '%61',
    'meta',
    '%ED%95%9C',
    '..',
    '%2e',
    '+',
    '%20',
  );
  let matched = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 7 }), async (parts) => {
      const target = readTarget(`/${parts.join('')}`, null, keep);
      if ('refused' in target) return;
      const match = matcher.match('GET', target.path, { host: null, rawHeaders: [], query: '' });
      const ours = match && { pattern: routes[match.index]!.path, params: { ...match.params } };
      if (ours !== null) matched += 1;
      // Where the path is written in another way (`%61` for `a`) the router decides by its normal form, Express by its octets.
      expect(JSON.parse((await ask(monolith.url, target.path)).text), target.url).toEqual(ours);
      // One form: read again it is the same.
      expect(readTarget(target.url, null, keep)).toEqual(target);
    }),
    {
      numRuns: 150,
      examples: [[['files', '/', 'a', '%2f', 'b']], [['a', '%2F', 'b']], [['files', '%2F', 'a']]],
    },
  );
  expect(matched).toBeGreaterThan(50);
});

it('are kept as data of a segment where the setting says so, and refused elsewhere', async () => {
  await using legacy = await startUpstream((request, response) => response.end(request.url));
  const moved = table({ features: [feature({ owner: 'service' })], routes: [route('POST /things/:id')] });
  await using keeping = await startStage(legacy.url, { paths: keep, table: moved });
  await using refusing = await startStage(legacy.url, { table: moved });
  expect((await ask(refusing.url, '/x/a%2fb')).status).toBe(400);
  expect(await ask(keeping.url, '/x/http%3A%2f%2fa.example')).toEqual({
    status: 200,
    text: '/x/http%3A%2f%2fa.example',
  });
  // Not a separator: this is no `POST /things/:id`, whose rows are the service's.
  expect((await ask(keeping.url, '/things%2f1', 'POST')).text).toBe('/things%2f1');
  expect(keeping.service.asked).toHaveLength(0);
  await ask(keeping.url, '/things/a%2fb', 'POST');
  expect(keeping.service.asked[0]).toMatchObject({ path: '/things/a%2Fb', params: { id: 'a/b' } });
  for (const path of [
    '/x/..%2fb',
    '/x/a%2f..',
    '/x/a%2F.%2e%2Fb',
    '/x/a%2f..;/b',
    '/x/a%5cb',
    '/x/%2f%00',
    '/x%2f/../b',
  ]) {
    expect((await ask(keeping.url, path)).status, path).toBe(400);
  }
});
