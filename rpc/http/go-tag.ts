/** Tags of Go that say where a field travels in HTTP, by the annotation that says it here. */
const tags: Readonly<Record<string, string>> = {
  json: 'api.body',
  query: 'api.query',
  form: 'api.form',
  path: 'api.path',
  header: 'api.header',
  cookie: 'api.cookie',
  raw_body: 'api.raw_body',
  vd: 'api.vd',
};

/** What a `go.tag` says of HTTP: pairs of annotation and name. Its other tags are the service's own business. */
export function httpOfGoTag(value: string): { readonly annotation: string; readonly name: string }[] {
  return tagsOf(value).flatMap(([tag, text]) => {
    const annotation = tags[tag];
    if (annotation === undefined) return [];
    const name = annotation === 'api.vd' ? text : text.split(',')[0]!;
    return annotation === 'api.body' && text === '-' ? [] : [{ annotation, name }];
  });
}

/** `json:"-"` keeps a field out of JSON. */
export function isHiddenByGoTag(value: string): boolean {
  return tagsOf(value).some(([tag, text]) => tag === 'json' && text === '-');
}

function tagsOf(value: string): (readonly [tag: string, text: string])[] {
  return [...value.matchAll(/([A-Za-z_]+):\\?"((?:[^"\\]|\\[^"])*)\\?"/g)].map(
    ([, tag, text]) => [tag!, text!] as const,
  );
}
