import { validateHeaderName, validateHeaderValue } from 'node:http';
import { z } from 'zod';
import { failures } from '../../answer/failure.ts';
import type { HttpOutput } from '../called/router-service.ts';
import { failedOutput } from './invoke-failure.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** What a function returns that answers HTTP itself. */
const answerSchema = z.object({
  statusCode: z.coerce.number().int().min(200).max(599),
  headers: z.record(z.string(), scalar).nullish(),
  multiValueHeaders: z.record(z.string(), z.array(scalar)).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/** They are the router's own, or would frame the answer otherwise than it is framed. */
const notItsOwn = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * What a function returned, as an answer: API Gateway's format 2.0, by which something without `statusCode` is the JSON body of a 200.
 * What is no answer is a failure of the service. Pure.
 */
export function functionAnswer(payload: Uint8Array | undefined): HttpOutput {
  let returned: unknown;
  try {
    returned =
      payload === undefined || payload.length === 0 ? null : JSON.parse(Buffer.from(payload).toString());
  } catch {
    return failedOutput(failures.functionFailed('what it returned is no JSON'));
  }
  if (typeof returned !== 'object' || returned === null || !('statusCode' in returned)) {
    const body = Buffer.from(JSON.stringify(returned));
    return { status: 200, rawHeaders: ['Content-Type', 'application/json'], body };
  }
  const parsed = answerSchema.safeParse(returned);
  if (!parsed.success) {
    const where = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    return failedOutput(failures.functionFailed(`what it returned is no answer (${where})`));
  }
  const { statusCode, headers, multiValueHeaders, cookies, body, isBase64Encoded } = parsed.data;
  const fields = [
    ...Object.entries(headers ?? {}),
    ...Object.entries(multiValueHeaders ?? {}).flatMap(([name, values]) =>
      values.map((value) => [name, value] as const),
    ),
    ...(cookies ?? []).map((cookie) => ['Set-Cookie', cookie] as const),
  ].filter(([name]) => !notItsOwn.has(name.toLowerCase()));
  try {
    for (const [name, value] of fields) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
  } catch (error) {
    return failedOutput(failures.functionFailed((error as Error).message));
  }
  const octets = body == null || body === '' ? null : Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (octets !== null && !fields.some(([name]) => name.toLowerCase() === 'content-type')) {
    fields.push(['Content-Type', 'text/plain; charset=utf-8']);
  }
  return { status: statusCode, rawHeaders: fields.flat(), body: octets };
}
