/**
 * Why a call was answered without being carried out: the service has too much to do, or it is stopping. Its caller may send
 * it elsewhere, whatever it does.
 */
export type Refusal = 'overloaded' | 'stopping';

/**
 * The message of the application exception that says so: Thrift has no type of its own for it. It names the call, because
 * a service passes on the exceptions of those that it calls in turn, and then it has carried out something.
 */
export function refusalText(refusal: Refusal, method: string, seqid: number, why: string): string {
  return `not carried out (${refusal}) ${method}#${seqid}: ${why}`;
}

/** Null where the message refuses no call, or another one. */
export function refusalOf(
  message: string,
  method: string,
  seqid: number,
): { readonly refusal: Refusal; readonly why: string } | null {
  for (const refusal of ['overloaded', 'stopping'] as const) {
    const prefix = refusalText(refusal, method, seqid, '');
    if (message.startsWith(prefix)) return { refusal, why: message.slice(prefix.length) };
  }
  return null;
}
