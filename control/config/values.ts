import { z } from 'zod';
import { parseAddress } from './address.ts';

/** What settings of several sections are made of. */

export const port = z.int().min(1).max(65_535);
export { count, milliseconds } from '../../router/values.ts';
export const address = z.string().refine((text) => parseAddress(text) !== null, {
  error: 'is no address: write host:port, for example 127.0.0.1:7402',
});
export const httpAddress = z.string().refine(isHttpOrigin, {
  error: 'is no origin: write http://host:port without a path',
});

function isHttpOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return (
    (url.protocol === 'http:' || url.protocol === 'https:') &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '' &&
    url.username === ''
  );
}
