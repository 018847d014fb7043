import { invalidIdl } from '../idl/invalid-idl.ts';
import type { Idl, ServiceDef } from '../idl/model.ts';
import { serviceOf } from '../idl/service-of.ts';

/**
 * The service of that name, to be served over HTTP.
 *
 * @throws BanyanError `BANYAN_IDL_NO_SERVICE`; `BANYAN_IDL_INVALID` for an IDL that was loaded in spite of its annotations
 */
export function httpService(idl: Idl, name: string): ServiceDef {
  if (idl.annotationFaults.length > 0) throw invalidIdl(idl.file, idl.annotationFaults);
  return serviceOf(idl, name);
}
