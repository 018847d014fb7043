import { type Annotation, annotation } from '../idl/model.ts';
import { nameCases } from '../json/name-case.ts';
import { httpOfGoTag, isHiddenByGoTag } from './go-tag.ts';

/** What `agw.source` and `agw.target` say of a field, by the annotation that says it here. `api.raw_json` has no name. */
const agwPlaces: Readonly<Record<string, string>> = {
  query: 'api.query',
  path: 'api.path',
  header: 'api.header',
  cookie: 'api.cookie',
  body: 'api.body',
  form: 'api.form',
  post: 'api.form',
  http_code: 'api.http_code',
  raw_body: 'api.raw_body',
  raw_uri: 'api.raw_uri',
  body_dynamic: 'api.raw_json',
  not_body_struct: 'api.no_body_struct',
  ignore: 'api.none',
};
const withoutName = new Set([
  'api.http_code',
  'api.raw_body',
  'api.raw_uri',
  'api.raw_json',
  'api.no_body_struct',
  'api.none',
]);
const agwNames: Readonly<Record<string, string>> = {
  'agw.key': 'api.key',
  'agw.js_conv': 'api.js_conv',
  'agw.body_dynamic': 'api.raw_json',
};
const agwCases = { 'agw.to_snake': 'snake', 'agw.to_lower_camel_case': 'camel' } as const;

/**
 * The annotations of a field in the words of `api.*`: those of ByteDance's older tools (`agw.*`, formerly `janus.*`) are other names
 * for them, and Go's tags (`go.tag`) say the same in their own way. What `api.*` says itself counts.
 */
export function fieldDialect(
  written: readonly Annotation[],
  name: string,
  around: readonly Annotation[],
): readonly Annotation[] {
  const own = written.some(hasTagOption) ? written.flatMap(withoutTagOption) : written;
  const cased = caseOf([...around, ...own]);
  if (cased === null && !own.some((one) => isForeign(one))) return own;
  const list = own.map(modern);
  const key = annotation(list, 'agw.key') ?? (cased === null ? undefined : nameCases[cased](name));
  const made: Annotation[] = [];
  for (const one of list) {
    const place = one.name === 'agw.source' || one.name === 'agw.target' ? agwPlaces[one.value] : undefined;
    const renamed = place ?? agwNames[one.name];
    if (isCase(one.name)) continue;
    if (renamed === undefined) made.push(one);
    else if (annotation(list, renamed) === undefined && annotation(made, renamed) === undefined) {
      const value = renamed === 'api.key' ? one.value : withoutName.has(renamed) ? '' : (key ?? '');
      made.push({ ...one, name: renamed, value });
    }
  }
  const at = (own.find(isForeign) ?? around[0])!.at;
  if (
    key !== undefined &&
    annotation(made, 'api.key') === undefined &&
    annotation(made, 'api.body') === undefined
  ) {
    made.push({ name: 'api.key', value: key, at });
  }
  return [...made, ...ofGoTags(made)];
}

/** What tags of Go say that nothing else of the field's annotations does. */
function ofGoTags(own: readonly Annotation[]): Annotation[] {
  return own.flatMap((tag) => {
    if (tag.name !== 'go.tag') return [];
    const said = httpOfGoTag(tag.value);
    const hasSource =
      own.some((one) => places.has(one.name)) || said.some((one) => places.has(one.annotation));
    const made: Annotation[] = said.flatMap(({ annotation: of, name }) => {
      // Beside other places JSON is one more of them; alone it only gives the name.
      const asName = of === 'api.body' && !hasSource ? 'api.key' : of;
      const isSaid =
        annotation(own, of) !== undefined ||
        (asName === 'api.key' && annotation(own, 'api.key') !== undefined);
      return isSaid || name === '' ? [] : [{ name: asName, value: name, at: tag.at }];
    });
    const hides = isHiddenByGoTag(tag.value) && !hasSource && annotation(own, 'api.body') === undefined;
    if (hides && annotation(own, 'api.none') === undefined)
      made.push({ name: 'api.none', value: '', at: tag.at });
    return made;
  });
}

/** Beside the annotation whose name had an option of Go's tags behind it. */
export const tagOption = 'go.tag_option';

/** `api.query = "id,required"`: what hz copies into a tag of Go, whose readers take the first part for the name. */
function hasTagOption({ name, value }: Annotation): boolean {
  return (
    (places.has(name) || name === 'api.body') && /^[^,]+,(?:required|omitempty|string|default)\b/.test(value)
  );
}

function withoutTagOption(one: Annotation): Annotation[] {
  if (!hasTagOption(one)) return [one];
  return [
    { ...one, value: one.value.slice(0, one.value.indexOf(',')) },
    { ...one, name: tagOption },
  ];
}

const places = new Set(['api.query', 'api.path', 'api.header', 'api.cookie', 'api.form', 'api.raw_body']);

/** `agw.uri` and `agw.method` of a method are its routes. */
export function methodDialect(own: readonly Annotation[]): readonly Annotation[] {
  const list = own.map(modern);
  const uri = list.find((one) => one.name === 'agw.uri');
  if (uri === undefined) return own;
  const verbs = (annotation(list, 'agw.method') ?? 'GET').split('|');
  const routes = verbs.map((verb) => ({ ...uri, name: `api.${verb.trim().toLowerCase()}` }));
  return [...list.filter((one) => one.name !== 'agw.uri' && one.name !== 'agw.method'), ...routes];
}

/** The case of names is `api.case`, for all structs of the service. */
export function serviceDialect(own: readonly Annotation[]): readonly Annotation[] {
  return own.map(modern).flatMap((one) => {
    if (!isCase(one.name)) return [one];
    return isOn(one.value) ? [{ ...one, name: 'api.case', value: agwCases[one.name] }] : [];
  });
}

function isForeign({ name }: Annotation): boolean {
  return name === 'go.tag' || /^(?:agw|janus)\./.test(name);
}

function modern(one: Annotation): Annotation {
  return one.name.startsWith('janus.') ? { ...one, name: one.name.replace('janus.', 'agw.') } : one;
}

function caseOf(list: readonly Annotation[]): 'snake' | 'camel' | null {
  const last = list.map(modern).findLast(({ name }) => isCase(name));
  return last !== undefined && isCase(last.name) && isOn(last.value) ? agwCases[last.name] : null;
}

function isCase(name: string): name is keyof typeof agwCases {
  return Object.hasOwn(agwCases, name);
}

function isOn(value: string): boolean {
  return value.toLowerCase() !== 'false';
}
