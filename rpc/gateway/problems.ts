import { BanyanError } from '../../common/errors.ts';
import { BadValue } from '../codec/bad-value.ts';
import type { GatewayProblem } from '../http/gateway-problem.ts';
import { JsonSyntaxError } from '../json/parsed-json.ts';
import type { HttpOutput, RefusedBody } from './http-types.ts';
import { BodyTooLarge, UnsupportedMedia } from './request-body.ts';

export interface FoundProblem {
  readonly problem: GatewayProblem;
  /** What the field at fault wants the client to be told. */
  readonly fault?: string | undefined;
  /** Set where the service could not answer. */
  readonly failure?: NonNullable<HttpOutput['failure']>;
}

/** A problem that was found in another thread. */
export class ToldProblem extends Error {
  readonly found: FoundProblem;

  constructor(found: FoundProblem) {
    super(found.problem.message);
    this.found = found;
  }
}

/** What a request is answered that ended in an error. */
export function problemOf(error: unknown, rpcMethod: string): FoundProblem {
  if (error instanceof ToldProblem) return error.found;
  const bad = (message: string, at: string): GatewayProblem => ({
    status: 400,
    code: 'bad_request',
    message,
    at,
    rpcMethod,
  });
  if (error instanceof BadValue) {
    const at = error.path === '' ? 'request' : error.path;
    return { problem: bad(`${at} ${error.what}`, at), fault: error.fault };
  }
  if (error instanceof JsonSyntaxError) return { problem: bad(`body is no JSON: ${error.message}`, 'body') };
  if (error instanceof UnsupportedMedia) {
    const message = `${rpcMethod} does not take ${error.message}`;
    return { problem: { status: 415, code: 'unsupported_media_type', message, rpcMethod } };
  }
  if (error instanceof BodyTooLarge) {
    return { problem: { status: 413, code: 'body_too_large', message: error.message, rpcMethod } };
  }
  if (isRefused(error)) return { problem: { ...error.refused, rpcMethod } };
  const code = error instanceof BanyanError ? error.code : 'BANYAN_UNEXPECTED';
  const failure = { code, message: error instanceof Error ? error.message : String(error) };
  return { problem: { ...failureProblem(error, code), rpcMethod }, failure };
}

function isRefused(error: unknown): error is RefusedBody {
  return error instanceof Error && 'refused' in error;
}

/** What the client may know of a failure, and nothing of the inside. */
function failureProblem(error: unknown, code: string): Omit<GatewayProblem, 'rpcMethod'> {
  switch (code) {
    case 'BANYAN_RPC_UNAVAILABLE':
    case 'BANYAN_RPC_OVERLOADED':
    case 'BANYAN_RPC_CLOSED':
    // It goes to the other side when it comes again.
    case 'BANYAN_RPC_FENCED':
      return { status: 503, code: 'unavailable', message: 'the service is unavailable' };
    case 'BANYAN_RPC_DEADLINE':
      return { status: 504, code: 'deadline', message: 'the service did not answer in time' };
    case 'BANYAN_RPC_CANCELLED':
      return { status: 499, code: 'cancelled', message: 'the request was cancelled' };
    case 'BANYAN_RPC_MALFORMED':
    case 'BANYAN_RPC_WRONG_REPLY':
    case 'BANYAN_RPC_CONNECTION_LOST':
      return { status: 502, code: 'bad_reply', message: 'the service did not answer properly' };
    case 'BANYAN_RPC_APPLICATION': {
      const type = error instanceof BanyanError ? error.details.type : undefined;
      // Internal error and unknown are the service's own failure; all others say that the two sides do not understand each other.
      return type === 6 || type === 0
        ? { status: 500, code: 'internal_error', message: 'the service failed' }
        : { status: 502, code: 'bad_reply', message: 'the service did not answer properly' };
    }
    default:
      return { status: 500, code: 'internal_error', message: 'the request could not be carried over' };
  }
}
