import { bindMethod } from '../http/bind-method.ts';
import type { MethodBinding } from '../http/binding.ts';
import type { ServiceDef } from '../idl/model.ts';
import { jsonStyle } from '../json/json-style.ts';
import { ThriftFromJsonCompiler } from '../json/json-to-thrift.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { isMultipart, readMultipart } from './multipart.ts';
import type { BodyWants, Incoming, WholeInput } from './request-body.ts';
import { headerValue } from './request-parts.ts';
import { bodyWants, requestWriter } from './request-writer.ts';

/** How a method's requests become its arguments. */
export interface RequestPlan {
  readonly binding: MethodBinding;
  /** What of a body is parsed, so that it must be inflated before. */
  readonly wants: BodyWants;
  readonly write: (w: ProtocolWriter, request: Incoming) => void;
}

/** By name, of the methods that HTTP has. */
export function requestPlans(
  service: ServiceDef,
  unknownMembers: 'ignore' | 'refuse',
): ReadonlyMap<string, RequestPlan> {
  const style = jsonStyle(service.annotations);
  const fromJson = new ThriftFromJsonCompiler({ unknownMembers, style });
  const plans = new Map<string, RequestPlan>();
  for (const method of service.methods) {
    const binding = bindMethod(service, method);
    if (binding === null) continue;
    plans.set(method.name, { binding, wants: bodyWants(binding), write: requestWriter(binding, fromJson) });
  }
  return plans;
}

export function incoming(input: WholeInput): Incoming {
  return { input, call: null, json: null, form: null, files: [], cursor: null, piece: null };
}

/** A multipart body is read before the call: its library does not read in one go. */
export async function takeApart({ wants, binding }: RequestPlan, request: Incoming): Promise<void> {
  const { body, rawHeaders } = request.input;
  if (!wants.multipart || body === null || body.length === 0) return;
  const type = headerValue(rawHeaders, 'content-type');
  if (!isMultipart(type)) return;
  const form = await readMultipart(body, type, binding.uploadLimits);
  request.form = form;
  request.files = form.files;
}
