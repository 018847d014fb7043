import type { MethodDef } from '../idl/model.ts';
import type { ProtocolReader } from '../wire/protocol.ts';
import { malformed } from '../wire/wire-error.ts';

/**
 * Reads the struct that a reply is: the result as field 0, or one declared exception. `take` reads a field, or returns false
 * where it knows none of that id and type. An unknown field is an exception newer than our IDL: a call that failed, also where
 * the method has no result that could be missing.
 *
 * @throws BanyanError `BANYAN_RPC_MALFORMED`
 */
export function readResultStruct(
  { name, result }: MethodDef,
  r: ProtocolReader,
  take: (id: number, type: number) => boolean,
): void {
  let isTaken = false;
  const saved = r.structBegin();
  for (let type = r.field(); type !== 0; type = r.field()) {
    const id = r.fieldId;
    if (isTaken) throw malformed(`${name} answered with field ${id} beside another one`);
    isTaken = true;
    if (take(id, type)) continue;
    // The method returns something by now: that it succeeded is all that we need to know.
    if (id === 0 && result === null) r.skip(type);
    else throw malformed(`${name} answered with field ${id} of type ${type}, which our IDL does not declare`);
  }
  r.structEnd(saved);
  if (!isTaken && result !== null) throw malformed(`${name} answered without a result`);
}
