import { type Annotation, namesOf, type ThriftType } from '../idl/model.ts';
import type { ProtocolReader } from '../wire/protocol.ts';

/** The code and the status of an `api.code_status = "not_found: 404"`, or null if it is none. */
export function splitCodeStatus(value: string): [code: string, status: number] | null {
  const parts = /^(.+?):\s*([2-5][0-9][0-9])$/s.exec(value);
  return parts === null ? null : [parts[1]!, Number(parts[2])];
}

/** What the annotations of a field say of statuses, by its value. */
export function codeStatuses(annotations: readonly Annotation[]): ReadonlyMap<string, number> {
  return new Map(
    annotations.flatMap((one) =>
      one.name === 'api.code_status' ? [splitCodeStatus(one.value)].filter((found) => found !== null) : [],
    ),
  );
}

/** Types whose values name a status. */
export function isCode({ kind }: ThriftType): boolean {
  return kind === 'string' || kind === 'i16' || kind === 'i32' || kind === 'enum';
}

/** Reads a code, and says the status that it stands for; 0: none. */
export function codeReader(
  type: ThriftType,
  statuses: ReadonlyMap<string, number>,
): (r: ProtocolReader) => number {
  const any = statuses.get('*') ?? 0;
  switch (type.kind) {
    case 'i16':
      return (r) => statuses.get(String(r.i16())) ?? any;
    case 'i32':
      return (r) => statuses.get(String(r.i32())) ?? any;
    case 'enum': {
      const names = namesOf(type.enum);
      return (r) => {
        const value = r.i32();
        return statuses.get(names.get(value) ?? '') ?? statuses.get(String(value)) ?? any;
      };
    }
    default:
      return (r) => statuses.get(r.string()) ?? any;
  }
}
