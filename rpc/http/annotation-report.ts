import type { FaultList } from '../idl/fault-list.ts';
import type { Place } from '../idl/model.ts';

/** Where the checks of annotations note what they find. */
export class AnnotationReport {
  readonly #faults: FaultList;
  readonly #warnings: FaultList;

  constructor(faults: FaultList, warnings: FaultList) {
    this.#faults = faults;
    this.#warnings = warnings;
  }

  /** What keeps an IDL from being served. */
  fault(at: { readonly at: Place }, what: string, fix: string): void {
    this.#faults.add('BANYAN_IDL_ANNOTATION', at.at, what, fix);
  }

  /** What is taken without effect. */
  ignored(at: { readonly at: Place }, what: string, fix: string): void {
    this.#warnings.add('BANYAN_IDL_ANNOTATION_IGNORED', at.at, what, fix);
  }
}
