/** Why, where nobody listens. */
export const connectionRefused = 'connection refused';

/** Whether nobody listened: the error says so, or what it came of. */
export function isConnectionRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED' || isConnectionRefused(error.cause);
}

/** In a few words, why there is no connection. */
export function whyNoConnection({ code, message }: NodeJS.ErrnoException): string {
  return code === 'ECONNREFUSED' ? connectionRefused : message || String(code);
}
