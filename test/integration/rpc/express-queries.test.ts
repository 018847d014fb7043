import type { RequestListener } from 'node:http';
import express from 'express';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type RawAnswer, type TwoSides, twoSides } from '../../support/rpc/two-sides.ts';

/** What a query or a form says, told by an Express monolith and by the service in its place. */
function idlText(version: 4 | 5): string {
  return `service Queries {
  map<string, string> query(1: optional string q) (api.get = "/query")
  map<string, string> form(1: optional string q) (api.post = "/form", api.serializer = "form")
} (api.express = "${version}")`;
}

function monolith(version: 4 | 5): RequestListener {
  const app = express();
  app.set('query parser', version === 4 ? 'extended' : 'simple').disable('etag');
  app.get('/query', (request, response) => void response.json(one(request.query.q)));
  app.post('/form', express.urlencoded({ extended: false }), (request, response) => {
    response.json(one((request.body as { q?: unknown } | undefined)?.q));
  });
  return app;
}

function one(q: unknown): object {
  return q === undefined ? {} : { q };
}

const handlers = {
  query: (q?: string) => new Map(q === undefined ? [] : [['q', q]]),
  form: (q?: string) => new Map(q === undefined ? [] : [['q', q]]),
};

async function expectSame(sides: TwoSides, head: string, body?: string): Promise<void> {
  const { legacy, service } = await sides.ask(head, body);
  const said = ({ status, headers, body: answer }: RawAnswer) => ({
    head,
    sent: body,
    status,
    headers,
    answer: String(answer),
  });
  expect(said(service)).toEqual(said(legacy));
}

// Whatever may stand in a query of a request line, with many percent signs.
const value = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '%',
        '%%',
        '%2',
        '%25',
        '%zz',
        '%ff',
        '%C3%A9',
        '%c3',
        '%20',
        '+',
        '=',
        '%26',
        '%5B',
        '%00',
        '%2B',
        '%ed%a0%80',
      ),
      fc.stringMatching(/^[a-zA-Z0-9~!*'(),;:@/?-]{1,3}$/),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

describe.each([5, 4] as const)('Express %d', (version) => {
  test('escapes that encode nothing pass as they do there', async () => {
    await using sides = await twoSides(idlText(version), handlers, monolith(version));
    await expectSame(sides, 'GET /query?q=50%');
    await expectSame(sides, 'GET /query?q=50%25%');
    await fc.assert(
      fc.asyncProperty(value, async (q) => {
        await expectSame(sides, `GET /query?q=${q}`);
        const form = 'POST /form\nContent-Type: application/x-www-form-urlencoded';
        await expectSame(sides, form, `q=${q}`);
      }),
      { numRuns: 80 },
    );
  });
});
