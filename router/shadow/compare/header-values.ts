import type { CompareSettings } from './compare-settings.ts';

/** The compared fields of an answer: every value of a name, as it means the same when it is spelt otherwise. */
export function headerValues(
  rawHeaders: readonly string[],
  { headers }: CompareSettings,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (!headers.includes(name)) continue;
    const value = normalValue(name, rawHeaders[i + 1]!.trim());
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return values;
}

/** Media types, and parameters of content types, regard no case and no spaces (RFC 9110 §8.3.1); nor does a list of names. */
function normalValue(name: string, value: string): string {
  if (name === 'content-type')
    return value
      .toLowerCase()
      .replace(/\s*;\s*/g, '; ')
      .replaceAll('"', '');
  if (name === 'set-cookie') return cookieShape(value);
  if (name === 'vary' || name === 'allow') {
    const names = value
      .toLowerCase()
      .split(',')
      .map((item) => item.trim());
    return [...new Set(names)].sort().join(', ');
  }
  return value;
}

/** A cookie's name and attributes: its value is a secret, and another one each time. */
function cookieShape(value: string): string {
  const [pair = '', ...attributes] = value.split(';').map((part) => part.trim());
  const shapes = attributes.map((attribute) => attribute.toLowerCase().replace(/^expires=.*/, 'expires=…'));
  return [`${pair.split('=', 1)[0]}=…`, ...shapes.sort()].join('; ');
}
