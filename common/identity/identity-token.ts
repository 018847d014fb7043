/** The field of a request in which a router hands on who the user is. A client's own is dropped. */
export const identityHeader = 'x-banyan-identity';

/** `typ` of the tokens: no other JWT that the same key signed is taken for one (RFC 8725 §3.11). */
export const identityType = 'banyan-identity+jwt';

/** `iss` where nothing else is configured. */
export const defaultIssuer = 'banyan';

/** A user whom the monolith named, as a service may rely on. */
export interface VerifiedUser {
  /** Who it is, as the monolith calls them. */
  readonly subject: string;
  /** What else it said of them, by the names of the router's config. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** The request that the router vouches for. */
  readonly requestId: string | undefined;
  readonly expiresAt: Date;
}
