import type { Annotation } from '../idl/model.ts';
import type { AnnotationReport } from './annotation-report.ts';
import { type AnnotationPlace, judgeAnnotation } from './annotations.ts';

/** Notes the annotations that are unknown, stand where they say nothing, or are not carried out. */
export function checkAnnotationNames(
  annotations: readonly Annotation[],
  place: AnnotationPlace,
  report: AnnotationReport,
): void {
  for (const one of annotations) {
    const verdict = judgeAnnotation(one.name, place);
    switch (verdict.kind) {
      case 'misplaced':
        report.fault(
          one,
          `${one.name} says nothing on ${withArticle(place)}`,
          `It belongs on ${verdict.places.map(withArticle).join(' or ')}.`,
        );
        break;
      case 'refused':
        report.fault(one, `${one.name} is not carried out here`, verdict.instead);
        break;
      case 'misspelt':
        report.fault(one, `${one.name} is no annotation banyan knows`, `Write ${verdict.meant}.`);
        break;
      case 'ignored':
        report.ignored(
          one,
          `${one.name} has no effect here: ${verdict.tells}`,
          'Leave it, if something else reads it.',
        );
        break;
      default:
        break;
    }
  }
}

function withArticle(place: AnnotationPlace): string {
  return `${/^[aeiou]/.test(place) ? 'an' : 'a'} ${place}`;
}
