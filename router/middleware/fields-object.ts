import type { IncomingHttpHeaders } from 'node:http';

/** Raw fields as Node's header object, for libraries that take nothing else: lower-case names, duplicates as arrays. */
export function fieldsObject(fields: readonly string[]): IncomingHttpHeaders {
  // Without a prototype: `__proto__` is a field name like any other.
  const headers: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i]!.toLowerCase();
    const before = headers[name];
    if (before === undefined) headers[name] = fields[i + 1]!;
    else if (typeof before === 'string') headers[name] = [before, fields[i + 1]!];
    else before.push(fields[i + 1]!);
  }
  return headers as IncomingHttpHeaders;
}
