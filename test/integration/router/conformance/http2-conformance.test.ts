import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificates } from '../../../support/router/certificates.ts';
import { fieldValues } from '../../../support/router/raw-http.ts';
import { request, sendHttp2 } from '../../../support/router/raw-http2.ts';
import { startConformanceStage } from './conformance-stage.ts';
import { fieldVectors } from './field-vectors.ts';
import { droppedFields, http2Vectors } from './http2-vectors.ts';
import { overHttp2 } from './over-http2.ts';
import { responseVectors } from './response-vectors.ts';
import { targetVectors } from './target-vectors.ts';

let pki: Awaited<ReturnType<typeof certificates>>;
let played: Awaited<ReturnType<typeof startConformanceStage>>;
let monolith: typeof played.monolith;
let stage: typeof played.stage;

beforeAll(async () => {
  pki = await certificates();
  const { keyFile, certFile } = await pki.selfSigned('localhost');
  played = await startConformanceStage({ tls: { keyFile, certFile } });
  ({ monolith, stage } = played);
});

afterAll(async () => {
  await played[Symbol.asyncDispose]();
  await pki[Symbol.asyncDispose]();
});

const shared = [targetVectors, fieldVectors, responseVectors].flat().flatMap((vector) => {
  const form = overHttp2(vector);
  return form === null ? [] : [{ vector, form }];
});

describe('over HTTP/2', () => {
  it('most of HTTP/1.1’s vectors apply', () => {
    expect(shared.length).toBeGreaterThan(130);
  });

  it.for(shared.map(({ vector, form }) => [title(vector.name), vector, form] as const))(
    '%s',
    async ([, vector, form]) => {
      monolith.expect({
        bytes: vector.answer ?? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
        close: vector.answerCloses ?? false,
      });
      const got = await sendHttp2(stage.port, request(form.fields, form.body));
      const wanted = vector.status.at(-1);
      // What a client's own frames make malformed may be reset instead of answered.
      if (wanted === undefined || wanted > 599) {
        // Broken off; or a status that HTTP/2's library does not write.
        expect(got.reset !== null || got.statuses.at(-1) === 502, JSON.stringify(got)).toBe(true);
      } else if (wanted >= 400 && wanted < 500)
        expect(got.statuses.length === 0 || got.statuses.at(-1) === wanted, JSON.stringify(got)).toBe(true);
      else expect(got.statuses.at(-1), JSON.stringify(got)).toBe(wanted);
      if (vector.sees === null) expect([monolith.seen, monolith.loose]).toEqual([[], '']);
      else if (vector.sees) {
        const seen = monolith.seen.at(-1)!;
        const { startLine, body, fields, without } = vector.sees;
        if (startLine !== undefined) expect(seen.startLine).toBe(startLine);
        if (body !== undefined) expect(seen.body).toBe(body);
        for (const name of without ?? []) expect(fieldValues(seen, name), name).toEqual([]);
        for (const name of new Set((fields ?? []).map(nameOf))) {
          const values = fields!.filter((field) => nameOf(field) === name).map((field) => valueOver(field));
          // Crumbs of a cookie are one field again (RFC 9113 §8.2.3).
          expect(fieldValues(seen, name), name).toEqual(name === 'cookie' ? [values.join('; ')] : values);
        }
      }
    },
  );

  it.for(http2Vectors.map(({ name, send }) => [title(name), send] as const))(
    'refused: %s',
    async ([, send]) => {
      monolith.expect({ bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' });
      const got = await sendHttp2(stage.port, send);
      const refused = got.statuses.some((status) => [400, 405, 501].includes(status));
      expect(refused || got.reset !== null || got.goaway !== null || got.closed, JSON.stringify(got)).toBe(
        true,
      );
      expect(got.statuses.filter((status) => status < 400)).toEqual([]);
      expect(monolith.seen).toEqual([]);
    },
  );

  // node:http2 drops these before anyone can refuse the request for them; what matters is that nothing of them goes on.
  it.for(droppedFields.map(({ name, send }) => [title(name), send] as const))(
    'never passed on: %s',
    async ([, send]) => {
      monolith.expect({ bytes: 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' });
      const got = await sendHttp2(stage.port, send);
      expect(got.statuses).toEqual([200]);
      expect(monolith.seen).toHaveLength(1);
      expect([monolith.seen[0]!.body, monolith.loose]).toEqual(['', '']);
      const ours =
        /^(?:host|x-forwarded-(?:for|proto|host)|via|x-request-id|traceparent|connection): [\w.: -]+$/i;
      expect(monolith.seen[0]!.fields.filter((field) => !ours.test(field))).toEqual([]);
    },
  );

  it('leaves nothing behind', async () => {
    await expect
      .poll(() => stage.router.activity)
      .toEqual({ requests: 0, held: 0, upgraded: 0, connections: 0 });
  });
});

function title(name: string): string {
  return name.replaceAll('%', '%%').slice(0, 100);
}

function nameOf(field: string): string {
  return field.slice(0, field.indexOf(':')).toLowerCase();
}

/** As it is where the connection is HTTP/2 over TLS. */
function valueOver(field: string): string {
  const value = field.slice(field.indexOf(':') + 1).trim();
  if (nameOf(field) === 'via') return value.replace('1.1 banyan', '2 banyan');
  return nameOf(field) === 'x-forwarded-proto' && value === 'http' ? 'https' : value;
}
