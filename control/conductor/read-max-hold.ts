import { BanyanError } from '../../common/errors.ts';
import { readDuration } from '../canary/read-time.ts';

const leastMs = 100;
const mostMs = 600_000;

/** `2s` → 2000. Throws `BANYAN_REQUEST_INVALID`. */
export function readMaxHold(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = readDuration(text);
  if (ms !== null && ms >= leastMs && ms <= mostMs) return ms;
  throw new BanyanError(
    'BANYAN_REQUEST_INVALID',
    `maxHold: ${JSON.stringify(text)} is no duration from 100ms to 10m`,
    { fix: 'Give something like 500ms or 2s; nothing was changed.' },
  );
}
