import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RawMessage, sendRaw } from '../../support/router/raw-http.ts';
import { startStage, startUpstream } from '../../support/router/router-stage.ts';

/** Fields that name the hop between client and server, or the moment. */
const ownHop = new Set(['connection', 'keep-alive', 'date']);

function visible(message: RawMessage) {
  return {
    startLine: message.startLine,
    fields: message.fields.filter((field) => !ownHop.has(field.slice(0, field.indexOf(':')).toLowerCase())),
    body: message.body,
    chunked: message.chunked,
    trailers: message.trailers,
  };
}

const token = fc.stringMatching(/^X-[A-Za-z0-9-]{1,12}$/);
const value = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const segment = fc.stringMatching(/^[A-Za-z0-9_~!$&'()*+,;=:@-][A-Za-z0-9._~-]{0,8}$/);
const anyRequest = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'),
  path: fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`),
  query: fc.option(fc.stringMatching(/^[A-Za-z0-9=&%20._~/?-]{0,20}$/)),
  fields: fc.array(fc.tuple(token, value), { maxLength: 6 }),
  body: fc.option(
    fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
      maxLength: 200,
    }),
  ),
  chunked: fc.boolean(),
  trailers: fc.array(fc.tuple(token, value), { maxLength: 2 }),
  http10: fc.boolean(),
});

describe('a client', () => {
  it('sees the same through the router as straight from the monolith', async () => {
    await using legacy = await startUpstream((request, response) => {
      const hash = createHash('sha1').update(`${request.method} ${request.url}`);
      request.on('data', (chunk) => hash.update(chunk));
      request.on('end', () => {
        for (const trailer of request.rawTrailers) hash.update(`${trailer}\n`);
        const digest = hash.digest();
        const fields: string[] = [];
        for (let i = 0; i < request.rawHeaders.length; i += 2) {
          const [name = '', text = ''] = request.rawHeaders.slice(i, i + 2);
          if (name.startsWith('X-') && !/^x-(forwarded|request-id)/i.test(name))
            fields.push(`${name}-Back`, text);
        }
        fields.push('Set-Cookie', 'a=1; Path=/', 'Set-Cookie', `b=${digest[1]}`);
        const status = [200, 201, 202, 204, 301, 304, 400, 404, 500, 503][digest[0]! % 10]!;
        const bodiless = status === 204 || status === 304;
        const kind = digest[2]! % 4;
        const body = Buffer.concat(Array(1 + (digest[3]! % 50)).fill(digest));
        if (bodiless) response.writeHead(status, fields).end();
        else if (kind === 0)
          response.writeHead(status, [...fields, 'Content-Length', String(body.length)]).end(body);
        else if (kind === 1) response.writeHead(status, 'Its own reason', fields).end(body);
        else if (kind === 2) {
          const announces = request.method !== 'HEAD' && request.httpVersionMinor > 0;
          response.writeHead(status, announces ? [...fields, 'Trailer', 'X-Sum'] : fields);
          response.write(body);
          if (announces) response.addTrailers([['X-Sum', digest.toString('hex')]]);
          response.end(body);
        } else response.writeHead(status, [...fields, 'Content-Length', '0']).end();
      });
    });
    await using stage = await startStage(legacy.url);
    await fc.assert(
      fc.asyncProperty(
        anyRequest,
        async ({ method, path, query, fields, body, chunked, trailers, http10 }) => {
          const lines = [
            `${method} ${path}${query === null ? '' : `?${query.replace(/%(?![0-9a-f]{2})/gi, '')}`} HTTP/1.${http10 ? 0 : 1}`,
            'Host: shop.example',
            ...fields.map(([name, text]) => `${name}: ${text}`),
          ];
          let payload = '';
          if (body !== null) {
            if (chunked && !http10) {
              lines.push('Transfer-Encoding: chunked');
              const end = `0\r\n${trailers.map(([name, text]) => `${name}: ${text}\r\n`).join('')}\r\n`;
              payload = body === '' ? end : `${body.length.toString(16)}\r\n${body}\r\n${end}`;
            } else {
              lines.push(`Content-Length: ${body.length}`);
              payload = body;
            }
          }
          const bytes = `${lines.join('\r\n')}\r\n\r\n${payload}`;
          const options = { head: method === 'HEAD', settleMs: 0 };
          const [straight, through] = await Promise.all([
            sendRaw(legacy.port, bytes, options),
            sendRaw(stage.port, bytes, options),
          ]);
          expect(through.messages.map(visible)).toEqual(straight.messages.map(visible));
          expect(straight.messages).toHaveLength(1);
        },
      ),
      { numRuns: 150 },
    );
  });
});
