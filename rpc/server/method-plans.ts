import { BanyanError } from '../../common/errors.ts';
import { BadValue } from '../codec/bad-value.ts';
import { wireType } from '../codec/type-of.ts';
import { type ValueReader, ValueReaders } from '../codec/value-reader.ts';
import { type ValueWriter, ValueWriters } from '../codec/value-writer.ts';
import type { FieldDef, MethodDef } from '../idl/model.ts';
import { serviceOf } from '../idl/service-of.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { contextFields, type SaidContext } from './context-fields.ts';
import type { ServeOptions } from './serve-options.ts';

/** All that a call of one method needs, found out once. */
export interface MethodPlan {
  readonly method: MethodDef;
  readonly readArgs: ValueReader;
  readonly contextFields: (args: Readonly<Record<string, unknown>>) => SaidContext;
  readonly success: { readonly type: number; readonly write: ValueWriter; readonly isBool: boolean } | null;
  readonly throws: readonly {
    readonly field: FieldDef;
    readonly name: string;
    readonly write: ValueWriter;
  }[];
  readonly handler: (...args: unknown[]) => unknown;
}

/** @throws BanyanError `BANYAN_RPC_HANDLERS` */
export function plansOf(options: ServeOptions): Map<string, MethodPlan> {
  const service = serviceOf(options.idl, options.service);
  const names = new Set(service.methods.map((method) => method.name));
  const missing = [...names].filter((name) => typeof options.handlers[name] !== 'function');
  const unknown = Object.keys(options.handlers).filter((name) => !names.has(name));
  if (missing.length > 0 || unknown.length > 0) {
    const what = [
      ...(missing.length > 0 ? [`no handler for ${missing.join(', ')}`] : []),
      ...(unknown.length > 0 ? [`no method ${unknown.join(', ')}`] : []),
    ];
    throw new BanyanError('BANYAN_RPC_HANDLERS', `${options.service}: ${what.join('; ')}`, {
      fix: 'Give one handler for each method of the service.',
    });
  }
  const readers = new ValueReaders();
  const writers = new ValueWriters();
  return new Map(
    service.methods.map((method) => {
      const handler = options.handlers[method.name]! as (...args: unknown[]) => unknown;
      const plan: MethodPlan = {
        method,
        readArgs: readers.struct(method.args),
        contextFields: contextFields(method),
        success:
          method.result === null
            ? null
            : {
                type: wireType(method.result),
                write: writers.type(method.result),
                isBool: method.result.kind === 'bool',
              },
        throws: method.throws.flatMap((field) =>
          field.type.kind === 'struct'
            ? [{ field, name: field.type.struct.name, write: writers.struct(field.type.struct) }]
            : [],
        ),
        handler: (...args) => handler.apply(options.handlers, args as never[]),
      };
      return [method.name, plan];
    }),
  );
}

/** The struct of a method's result. @throws BadValue where the handler returned what the IDL does not allow */
export function writeResult(plan: MethodPlan, w: ProtocolWriter, result: unknown): void {
  const saved = w.structBegin();
  const { success } = plan;
  if (success !== null) {
    if (result === undefined || result === null) throw new BadValue('is missing').inMember('result');
    if (success.isBool) {
      if (typeof result !== 'boolean') throw new BadValue('must be a boolean').inMember('result');
      w.boolField(0, result);
    } else {
      w.field(success.type, 0);
      try {
        success.write(w, result);
      } catch (error) {
        throw error instanceof BadValue ? error.inMember('result') : error;
      }
    }
  }
  w.stop();
  w.structEnd(saved);
}
