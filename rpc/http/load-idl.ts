import type { AnnotationReader } from '../idl/annotation-reader.ts';
import type { Idl } from '../idl/model.ts';
import { type ReadOptions, readIdl } from '../idl/read-idl.ts';
import { checkBindings } from './check-bindings.ts';
import { fieldDialect, methodDialect, serviceDialect } from './dialect.ts';

const reader: AnnotationReader = {
  field: fieldDialect,
  method: methodDialect,
  service: serviceDialect,
  check: checkBindings,
};

/**
 * Reads an IDL and all it includes (paths count from the including file, then from the folders in `includes`), and checks its HTTP annotations.
 *
 * @throws BanyanError `BANYAN_IDL_INVALID` with every fault of syntax, names, values and `api.*` annotations, each with
 *   `file:line:column` and its fix.
 */
export function loadIdl(file: string, options: ReadOptions = {}): Promise<Idl> {
  return readIdl(file, reader, options);
}
