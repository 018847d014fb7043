import { createHash } from 'node:crypto';

/** Which fields and cookies say who a client is. */
export interface CredentialNames {
  readonly cookie?: readonly string[] | undefined;
  readonly header?: readonly string[] | undefined;
}

/** What the monolith is told besides, since its answer may depend on it: for whom, and by which name it was asked. */
const told = new Set([
  'host',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
]);
/** The same, but no answer may depend on it. */
const traced = new Set(['traceparent', 'via', 'x-request-id']);

/** What of a request goes to the monolith to be told who its user is. */
export interface Credential {
  /** Names and values in turn. */
  readonly fields: readonly string[];
  /** False: the client showed nothing. */
  readonly shown: boolean;
  /** Equal for requests that the monolith cannot tell apart; a hash, so that no memory holds credentials. */
  readonly key: string;
}

/** Takes it from the fields that go to a side. Pure. */
export function credentialOf(rawHeaders: readonly string[], names: CredentialNames): Credential {
  const fields: string[] = [];
  const hash = createHash('sha256');
  let shown = false;
  const keep = (name: string, value: string, decides: boolean): void => {
    fields.push(name, value);
    // Lengths in front, so that no two lists of fields are one text.
    if (decides) hash.update(`${name.length}:${name.toLowerCase()}${value.length}:${value}`);
  };
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const value = rawHeaders[i + 1]!;
    const lower = name.toLowerCase();
    if (told.has(lower) || traced.has(lower)) keep(name, value, told.has(lower));
    else if (lower === 'cookie') {
      const pairs = cookiesOf(value, names.cookie ?? []);
      if (pairs === '') continue;
      shown = true;
      keep('Cookie', pairs, true);
    } else if (names.header?.some((one) => one.toLowerCase() === lower)) {
      shown = true;
      keep(name, value, true);
    }
  }
  return { fields, shown, key: hash.digest('base64') };
}

function cookiesOf(text: string, names: readonly string[]): string {
  return text
    .split(';')
    .map((pair) => pair.trim())
    .filter((pair) => names.includes(pair.split('=', 1)[0]!.trim()))
    .join('; ');
}
