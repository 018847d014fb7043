const parameter = /:([A-Za-z0-9_]+)/g;
const wildcard = /\/\*([A-Za-z0-9_]*)$/;

/** Names of a path's parameters; that of a wildcard without a name is `*`. */
export function pathParameters(path: string): string[] {
  const rest = wildcard.exec(path);
  const names = [...path.matchAll(parameter)].map((found) => found[1]!);
  return rest === null ? names : [...names, rest[1] || '*'];
}

/** The name of a path's wildcard, which routers know as `*`; null where it has none. */
export function wildcardName(path: string): string | null {
  const rest = wildcard.exec(path);
  return rest === null ? null : rest[1] || '*';
}

/** The path as find-my-way has it: its wildcards have no names. */
export function routerPath(path: string): string {
  return path.replace(wildcard, '/*');
}

/** The path as OpenAPI has it, `/products/{id}`. */
export function templatePath(path: string): string {
  return path.replace(parameter, '{$1}').replace(wildcard, (_, name: string) => `/{${name || 'rest'}}`);
}

/** Paths with one key match the same requests. */
export function pathKey(path: string): string {
  return routerPath(path)
    .replace(parameter, ':')
    .replace(/(?<=.)\/$/, '')
    .toLowerCase();
}

/** What is wrong with an annotated path, and its fix; null where nothing is. */
export function pathFault(path: string): readonly [what: string, fix: string] | null {
  const shown = JSON.stringify(path);
  if (!/^\/[^\s?#]*$/.test(path)) return [`${shown} is no path`, 'Write it as "/api/products/:id".'];
  if (path.includes('(')) {
    return [
      `${shown} has a regular expression`,
      'Take the parameter as it is, and let the field’s type judge it.',
    ];
  }
  if (/:(?![A-Za-z0-9_])/.test(path)) {
    return [`${shown} has a parameter without a name`, 'Write it as "/api/products/:id".'];
  }
  if (/:[A-Za-z0-9_]+[^A-Za-z0-9_/.-]/.test(path)) {
    return [`${shown} has a parameter that runs into what follows`, 'Part them with "-", "." or "/".'];
  }
  if (path.replace(wildcard, '').includes('*')) {
    return [`${shown} has a wildcard amid it`, 'A wildcard is the whole last segment: "/files/*path".'];
  }
  const names = pathParameters(path);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return [`${shown} has two parameters ${twice}`, 'Rename one of them.'];
  return null;
}
