import type { FaultList } from './fault-list.ts';
import type { Annotation, ServiceDef } from './model.ts';

/** What an IDL's annotations are to whoever reads it because of them. */
export interface AnnotationReader {
  /** Those of a field in the reader's own words. `around` are those of its struct. */
  field(own: readonly Annotation[], name: string, around: readonly Annotation[]): readonly Annotation[];
  method(own: readonly Annotation[]): readonly Annotation[];
  service(own: readonly Annotation[]): readonly Annotation[];
  /** Notes what is wrong with a service's. */
  check(service: ServiceDef, faults: FaultList, warnings: FaultList): void;
}
