import { annotation, type MethodDef, type StructDef } from '../idl/model.ts';

/** What a caller said of a call's context: in the header transport's headers, or in fields annotated `api.context`. */
export interface SaidContext {
  readonly requestId?: string;
  readonly traceparent?: string;
  readonly identity?: string;
  readonly identityToken?: string;
  readonly deadlineMs?: string;
}

const members: Readonly<Record<string, keyof SaidContext>> = {
  request_id: 'requestId',
  traceparent: 'traceparent',
  identity: 'identity',
  identity_token: 'identityToken',
  deadline_ms: 'deadlineMs',
};

const nothing: SaidContext = {};

/** Compiles the function that finds the context in a method's arguments: in themselves, or in structs among them. */
export function contextFields(method: MethodDef): (args: Readonly<Record<string, unknown>>) => SaidContext {
  const own = fieldsOf(method.args);
  const inside = method.args.fields.flatMap((field) => {
    if (field.type.kind !== 'struct') return [];
    const fields = fieldsOf(field.type.struct);
    return fields.length === 0 ? [] : [{ name: field.name, fields }];
  });
  if (own.length === 0 && inside.length === 0) return () => nothing;
  return (args) => {
    const said: { -readonly [K in keyof SaidContext]: SaidContext[K] } = {};
    const take = (values: Readonly<Record<string, unknown>>, fields: typeof own): void => {
      for (const { name, member } of fields) {
        const value = values[name];
        if (value !== undefined) said[member] ??= String(value);
      }
    };
    take(args, own);
    for (const { name, fields } of inside) {
      const value = args[name];
      if (typeof value === 'object' && value !== null) take(value as Record<string, unknown>, fields);
    }
    return said;
  };
}

function fieldsOf(struct: StructDef): { readonly name: string; readonly member: keyof SaidContext }[] {
  return struct.fields.flatMap((field) => {
    const member = members[annotation(field.annotations, 'api.context') ?? ''];
    return member === undefined ? [] : [{ name: field.name, member }];
  });
}
