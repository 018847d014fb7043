import { expect, test } from 'vitest';
import { twoSides } from '../../support/rpc/two-sides.ts';

const idlText = `
service Uploads { i32 upload(1: binary bytes (api.raw_body = "")) (api.put = "/upload") }
(api.max_body_bytes = "6000000", api.error_body = '{"oops":"$code","why":"$message"}', api.error_message = "413: Too much.")`;

test('the IDL alone says how large a body may be, and a larger one is refused in its shape', async () => {
  await using sides = await twoSides(idlText, { upload: (bytes: Buffer) => bytes.length }, () => undefined);
  const put = (body: Buffer | ReadableStream): Promise<string> =>
    fetch(`${sides.url}/upload`, { method: 'PUT', body, duplex: 'half' } as RequestInit).then(
      async (answer) => `${answer.status} ${await answer.text()}`,
    );
  expect(await put(Buffer.alloc(5_000_000))).toBe('200 5000000');
  const refused = '413 {"oops":"body_too_large","why":"Too much."}';
  expect(await put(Buffer.alloc(6_000_001))).toBe(refused);
  let left = 7;
  const chunked = new ReadableStream({
    pull: (controller) => (left-- > 0 ? controller.enqueue(new Uint8Array(1_000_000)) : controller.close()),
  });
  expect(await put(chunked)).toBe(refused);
});
