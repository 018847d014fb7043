import { type Annotation, annotation, type FieldDef } from '../idl/model.ts';
import { type JsonStyle, memberOf } from '../json/json-style.ts';
import { isMember } from '../json/leaf-options.ts';
import type { AnnotationReport } from './annotation-report.ts';
import { httpOfGoTag, isHiddenByGoTag } from './go-tag.ts';

/** Notes where Go's tags and our annotations say different things of a field: ours count. */
export function checkGoTag(
  one: Annotation,
  field: FieldDef,
  style: JsonStyle,
  report: AnnotationReport,
): void {
  if (isHiddenByGoTag(one.value) && isMember(field.annotations)) {
    report.ignored(
      one,
      `go.tag keeps ${field.name} out of JSON, and api.body puts it in, which counts`,
      'Drop one of the two.',
    );
  }
  for (const said of httpOfGoTag(one.value)) {
    const isJson = said.annotation === 'api.body';
    if (isJson && !isMember(field.annotations)) continue;
    const here = isJson ? memberOf(field, style) : annotation(field.annotations, said.annotation);
    if (said.name === '' || said.name === here) continue;
    report.ignored(
      one,
      `go.tag names ${field.name} ${JSON.stringify(said.name)}, and its annotations ${JSON.stringify(here)}, which counts`,
      'Drop one of the two.',
    );
  }
}

/** Notes what a name had behind it that is for Go's readers of tags. */
export function checkTagOption(one: Annotation, report: AnnotationReport): void {
  const [name] = one.value.split(',');
  report.ignored(
    one,
    `${JSON.stringify(one.value)} is taken as the name ${name}: what stands behind it is an option of Go’s tags, which is not carried out`,
    'Write the name alone, and required before the type where the field has to be there.',
  );
}
