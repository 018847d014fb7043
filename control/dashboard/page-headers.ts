import type { NextFunction, Request, Response } from 'express';

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  // Nothing but lit-html's own templates becomes markup.
  'trusted-types lit-html',
  "require-trusted-types-for 'script'",
].join('; ');

/** What a browser is told of each answer: no script and no style but the dashboard's own files, in nobody's frame. */
export function pageHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.setHeader('content-security-policy', contentSecurityPolicy);
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('x-frame-options', 'DENY');
  // Not `no-referrer`: then a browser leaves out from which page a form came.
  response.setHeader('referrer-policy', 'same-origin');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('cache-control', 'no-store');
  next();
}
