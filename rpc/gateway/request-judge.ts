import { ValueReaders } from '../codec/value-reader.ts';
import type { MethodBinding } from '../http/binding.ts';
import { Validators } from '../validation/validators.ts';
import { BinaryReader } from '../wire/binary-reader.ts';
import { CompactReader } from '../wire/compact-reader.ts';
import { CompactWriter } from '../wire/compact-writer.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { placeOf } from './source-reader.ts';

/** What throws BadValue for arguments that a validator (`api.vd`) does not take, read from where they were written; null without validators. */
export function requestJudge(binding: MethodBinding): ((w: ProtocolWriter, start: number) => void) | null {
  const { method, fields, layout, isWrapped, style } = binding;
  const places = new Map(
    fields.map(({ field, sources: [first] }) => [field, first === undefined ? field.name : placeOf(first)]),
  );
  const validator = new Validators(style).fields(
    layout.map(({ field }) => field),
    (field) => places.get(field) ?? field.name,
  );
  if (validator === null) return null;
  const read = new ValueReaders().type({ kind: 'struct', struct: method.args, annotations: [] });
  const binary = new BinaryReader();
  const compact = new CompactReader();
  return (w, start) => {
    const r = w instanceof CompactWriter ? compact : binary;
    r.reset(w.buf, start, w.pos);
    const values = read(r) as Record<string, unknown>;
    validator(isWrapped ? values[method.args.fields[0]!.name] : values);
  };
}
