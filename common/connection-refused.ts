/** Why, where nobody listens. */
export const connectionRefused = 'connection refused';

/** In a few words, why there is no connection. */
export function whyNoConnection({ code, message }: NodeJS.ErrnoException): string {
  return code === 'ECONNREFUSED' ? connectionRefused : message || String(code);
}
