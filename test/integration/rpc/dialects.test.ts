import { expect, test } from 'vitest';
import { gatewayFor } from '../../support/rpc/gateway-for.ts';

const idlText = `
struct Extra { 1: optional string lang (agw.source = "header", agw.key = "X-Lang"), 2: i32 page = 1 (agw.source = "query")
  3: optional string note (agw.key = "the_note", api.vd = "len($) < 5") }
struct Save { 1: required i64 space_id (agw.source = "path", agw.js_conv = "str"), 2: optional string layout (agw.body_dynamic = "")
  254: optional Extra extra (agw.source = "not_body_struct") }
struct Saved { 1: required i64 item_id (agw.js_conv = "str"), 2: Extra extra, 3: string layout (agw.target = "body_dynamic") }
service S { Saved save(1: Save request) (agw.uri = "/spaces/:space_id", agw.method = "POST") }`;

test('a struct that is no part of the body has its fields from all over the request', async () => {
  const seen: unknown[] = [];
  const { gateway, stop } = await gatewayFor(idlText, {
    save: ({ space_id, extra, layout }: { space_id: bigint; extra: object; layout?: string }) => {
      seen.push(extra);
      return { item_id: space_id, extra, layout: layout ?? 'null' };
    },
  });
  const save = async (query: string, headers: string[], body: string) => {
    const { status, body: answer } = await gateway.invoke('save', {
      method: 'POST',
      path: '/spaces/9007199254740993',
      params: { space_id: '9007199254740993' },
      query,
      rawHeaders: ['Content-Type', 'application/json', ...headers],
      body: Buffer.from(body),
    });
    return [status, String(answer)];
  };
  const whole = await save('page=7', ['X-Lang', 'de'], '{"layout":{"a":1.0},"the_note":"hi"}');
  expect(whole).toEqual([
    200,
    // In a reply it is a struct like any other: what comes from elsewhere in requests is no member of it.
    '{"item_id":"9007199254740993","extra":{"the_note":"hi"},"layout":{"a":1.0}}',
  ]);
  await save('', [], '{}');
  expect(seen).toEqual([{ lang: 'de', page: 7, note: 'hi' }, { page: 1 }]);
  expect((await save('', [], '{"the_note":"too long"}'))[0]).toBe(400);
  expect((await save('page=x', [], '{}'))[0]).toBe(400);
  await stop();
});
