import type { Dispatcher } from 'undici';
import { whyNoConnection } from '../../../common/connection-refused.ts';
import { BanyanError } from '../../../common/errors.ts';
import { type ErrorBody, errorAnswer } from '../contract/errors.ts';

/** The control process's own error, raised again on this side with its code. */
export function asError({ code, message, fix, faults, details }: ErrorBody): BanyanError {
  return new BanyanError(code, message, { fix, faults, details });
}

/** The body of an answer as JSON. Throws what the control process answered where that is an error. */
export async function readJson(response: Dispatcher.ResponseData, url: string): Promise<unknown> {
  const text = await response.body.text();
  if (response.statusCode < 300) return JSON.parse(text);
  if (response.statusCode === 401) {
    throw new BanyanError('BANYAN_ADMIN_TOKEN_REFUSED', `The control process at ${url} refused the token.`, {
      fix: 'Another control process may own that address: compare its control.tokenFile with the one in this config.',
    });
  }
  throw errorOfBody(text, response.statusCode, url);
}

function errorOfBody(text: string, status: number, url: string): BanyanError {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    return notControl(status, url, cause);
  }
  const parsed = errorAnswer.safeParse(body);
  return parsed.success ? asError(parsed.data.error) : notControl(status, url, parsed.error);
}

function notControl(status: number, url: string, cause: unknown): BanyanError {
  return new BanyanError(
    'BANYAN_CONTROL_UNREACHABLE',
    `What answers at ${url} is no control process: it said ${status} without an error of banyan's.`,
    { fix: 'Correct control.listen in the config, or stop whatever has taken that address.', cause },
  );
}

/** In a few words, why a request had no answer. */
export function reason(error: unknown): string {
  if (error instanceof AggregateError) return reason(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') return 'it took too long';
  return whyNoConnection(error);
}
