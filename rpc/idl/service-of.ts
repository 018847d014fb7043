import { BanyanError } from '../../common/errors.ts';
import type { Idl, ServiceDef } from './model.ts';

/** The service of that name. @throws BanyanError `BANYAN_IDL_NO_SERVICE` */
export function serviceOf(idl: Idl, name: string): ServiceDef {
  const service = idl.services.get(name);
  if (service !== undefined) return service;
  throw new BanyanError('BANYAN_IDL_NO_SERVICE', `${idl.file} declares no service ${name}`, {
    fix: `Name one of its services: ${[...idl.services.keys()].join(', ') || '(it has none)'}.`,
  });
}
