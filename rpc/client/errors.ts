import { BanyanError } from '../../common/errors.ts';
import { fenceRefusalBegins } from '../../common/fence-refusal.ts';
import type { Refusal } from '../wire/refusal.ts';

export function unavailable(address: string, why: string, cause?: unknown): BanyanError {
  return new BanyanError('BANYAN_RPC_UNAVAILABLE', `${address} accepts no calls: ${why}`, {
    fix: 'Start the service, or correct its addresses. Nothing was carried out.',
    cause,
    details: { address },
  });
}

/** The service said that it carried nothing out. */
export function refused(refusal: Refusal, address: string, why: string): BanyanError {
  return refusal === 'stopping' ? unavailable(address, why) : overloaded(`${address}: ${why}`);
}

export function connectionLost(address: string, why: string, cause?: unknown): BanyanError {
  return new BanyanError(
    'BANYAN_RPC_CONNECTION_LOST',
    `the connection to ${address} ended before the reply: ${why}`,
    {
      fix: 'Look at the service: it may have carried the call out. Annotate the method api.idempotent if it may be sent again.',
      cause,
      details: { address },
    },
  );
}

export function deadlineExceeded(method: string, deadlineMs: number): BanyanError {
  return new BanyanError('BANYAN_RPC_DEADLINE', `${method} did not answer within ${deadlineMs} ms`, {
    fix: 'Look at the service, or give the call more time. The service may have carried the call out.',
    details: { method, deadlineMs },
  });
}

export function cancelled(method: string, reason: unknown): BanyanError {
  return new BanyanError('BANYAN_RPC_CANCELLED', `${method} was cancelled by its caller`, {
    fix: 'Nothing, if it was meant. The service may have carried the call out.',
    cause: reason,
    details: { method },
  });
}

export function clientClosed(method: string): BanyanError {
  return new BanyanError('BANYAN_RPC_CLOSED', `${method} was called on a closed client`, {
    fix: 'Create another client, or close this one later.',
    details: { method },
  });
}

export function overloaded(what: string): BanyanError {
  return new BanyanError('BANYAN_RPC_OVERLOADED', what, {
    fix: 'Send fewer calls at a time, or give the service more capacity. Nothing was carried out.',
  });
}

export function wrongReply(what: string): BanyanError {
  return new BanyanError('BANYAN_RPC_WRONG_REPLY', what, {
    fix: 'Look at the service: it answers calls that were not asked.',
  });
}

/** The service answered with an application exception: it threw what the IDL does not declare, or knows no such method. */
export function applicationError(method: string, type: number, message: string): BanyanError {
  if (message.includes(fenceRefusalBegins)) {
    return new BanyanError(
      'BANYAN_RPC_FENCED',
      `${method} was refused by the service's database: the service does not own the rows now`,
      {
        fix: 'Ask again: the caller decided by a route table from before the last handover, or the service is called past router and seam. `banyan status` names the owner.',
        details: { method },
      },
    );
  }
  return new BanyanError('BANYAN_RPC_APPLICATION', `${method} failed in the service: ${message}`, {
    fix: 'Look at the log of the service.',
    details: { method, type },
  });
}
