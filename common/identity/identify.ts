import type { IncomingMessage, ServerResponse } from 'node:http';
import { BanyanError } from '../errors.ts';
import { identityHeader, type VerifiedUser } from './identity-token.ts';
import { type IdentityVerifierOptions, identityVerifier } from './identity-verifier.ts';

export interface IdentifyOptions extends IdentityVerifierOptions {
  /** True: requests without a user are answered with 401. Default: they go on, and have none. */
  readonly required?: boolean;
}

/** A request whose user is known, or which has none. */
export type IdentifiedRequest = IncomingMessage & { user?: VerifiedUser | undefined };

/**
 * A middleware for services in Express (or Connect): `request.user` is who the router says that the user is. A token that does not hold
 * is answered with 401 and its code, and reaches no route.
 *
 * @throws BanyanError `BANYAN_IDENTITY_KEY`
 */
export function identify(
  options: IdentifyOptions,
): (request: IdentifiedRequest, response: ServerResponse, next: (error?: unknown) => void) => void {
  const verify = identityVerifier(options);
  return (request, response, next) => {
    const token = request.headers[identityHeader];
    delete request.user;
    if (token === undefined) {
      if (options.required) refuse(response, noUser());
      else next();
      return;
    }
    verify(String(token)).then(
      (user) => {
        request.user = user;
        next();
      },
      (error: BanyanError) => refuse(response, error),
    );
  };
}

function refuse(response: ServerResponse, { code, message }: BanyanError): void {
  response.writeHead(401, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify({ error: { code, message } }));
}

/** What a service that needs a user says to a request that has none. */
export function noUser(): BanyanError {
  return new BanyanError('BANYAN_IDENTITY_MISSING', 'The request has no user.', {
    fix: 'Sign in, and send it through the router; see that the feature’s `service.identity` is configured.',
  });
}
