import type { Request } from 'express';
import type { z } from 'zod';
import { BanyanError } from '../../../common/errors.ts';
import type { Actor } from '../../store/index.ts';
import type { Token } from './gatekeeper.ts';

/** Checks what a client sent. Throws `BANYAN_REQUEST_INVALID` with all faults. */
export function readRequest<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => ({
    code: 'BANYAN_REQUEST_INVALID',
    what: `${issue.path.join('.') || 'the request'}: ${issue.message}`,
    fix: 'Correct it; docs/api.md lists every request.',
  }));
  throw new BanyanError('BANYAN_REQUEST_INVALID', faults.map((fault) => fault.what).join('; '), {
    fix: 'Correct the request; docs/api.md lists them all.',
    faults,
  });
}

/** Who asks: what the client says of itself, and the token's name where it has one. */
export function actorOf(request: Request, { name }: Token, reason: string): Actor {
  const said = readable(request.get('x-banyan-who')?.trim() ?? '');
  const by = name === null ? '' : ` (token ${name})`;
  return { who: `${said === '' ? 'unnamed' : said.slice(0, 190 - by.length)}${by}`, why: reason };
}

/** Header fields carry ASCII: names in other scripts come percent-encoded. */
function readable(text: string): string {
  try {
    return decodeURI(text);
  } catch {
    return text;
  }
}
