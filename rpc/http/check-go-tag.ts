import { type Annotation, annotation, type FieldDef } from '../idl/model.ts';
import { isMember, memberName } from '../json/leaf-options.ts';
import type { AnnotationReport } from './annotation-report.ts';
import { httpOfGoTag } from './annotations.ts';

/** Hertz and Kitex take names from Go's tags too. What they say beside our annotations would go unheard. */
export function checkGoTag(one: Annotation, field: FieldDef, report: AnnotationReport): void {
  for (const said of httpOfGoTag(one.value)) {
    if (said.annotation === 'api.body' && said.name === '-') {
      if (isMember(field.annotations)) {
        report.fault(
          one,
          `go.tag keeps ${field.name} out of JSON, which nothing here reads`,
          'Write api.none = "".',
        );
      }
      continue;
    }
    const here =
      said.annotation === 'api.body'
        ? memberName(field.name, field.annotations)
        : annotation(field.annotations, said.annotation);
    if (said.name === '' || said.name === here) continue;
    report.fault(
      one,
      `go.tag names ${field.name} ${JSON.stringify(said.name)}, which nothing here reads`,
      `Write ${said.annotation} = ${JSON.stringify(said.name)}.`,
    );
  }
}
