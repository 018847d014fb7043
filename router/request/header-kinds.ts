/** What the router must know of a header field, by its name. All others pass untouched. */
export const headerKinds = {
  /** Nobody's business but the two ends'. */
  pass: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  /** Belongs to one hop (RFC 9110 §7.6.1), or is the router's to set: never passed on. */
  hop: 5,
  expect: 6,
  forwardedFor: 8,
  /** `Forwarded` and `X-Forwarded-Proto/-Host/-Port`: believed from trusted peers only. */
  forwarded: 9,
  via: 10,
  requestId: 11,
  traceparent: 12,
  side: 13,
  cookie: 14,
  /** A framing field spelled with an underscore: CGI-like servers read it as the real one. */
  disguised: 15,
  forwardedProto: 16,
  forwardedHost: 17,
  /** Belongs to one hop, but its `trailers` is said again to the next. */
  te: 18,
  /** Goes where the trailers go that it announces. */
  trailer: 19,
} as const;

export type HeaderKind = (typeof headerKinds)[keyof typeof headerKinds];

const byName = new Map<string, HeaderKind>([
  ['host', headerKinds.host],
  ['content-length', headerKinds.contentLength],
  ['transfer-encoding', headerKinds.transferEncoding],
  ['connection', headerKinds.connection],
  ['keep-alive', headerKinds.hop],
  ['proxy-connection', headerKinds.hop],
  ['proxy-authorization', headerKinds.hop],
  ['te', headerKinds.te],
  ['trailer', headerKinds.trailer],
  ['http2-settings', headerKinds.hop],
  ['expect', headerKinds.expect],
  ['upgrade', headerKinds.hop],
  ['x-forwarded-for', headerKinds.forwardedFor],
  ['x-forwarded-proto', headerKinds.forwardedProto],
  ['x-forwarded-host', headerKinds.forwardedHost],
  ['x-forwarded-port', headerKinds.forwarded],
  ['x-real-ip', headerKinds.forwarded],
  ['forwarded', headerKinds.forwarded],
  ['via', headerKinds.via],
  ['x-request-id', headerKinds.requestId],
  ['traceparent', headerKinds.traceparent],
  ['x-banyan-side', headerKinds.side],
  // Who the user is, signed: the router's alone, in either spelling.
  ['x-banyan-identity', headerKinds.hop],
  ['x_banyan_identity', headerKinds.hop],
  ['cookie', headerKinds.cookie],
  ['content_length', headerKinds.disguised],
  ['transfer_encoding', headerKinds.disguised],
]);

const spelled = new Map<string, HeaderKind>(byName);
const spellingsKept = 2_000;
/** Longer ones are nobody's: kept, they would be memory that any client can take for good. */
export const longestNameKept = 64;

/** Looks the kind up without lower-casing a name that was spelled the same way before. */
export function headerKind(name: string): HeaderKind {
  const known = spelled.get(name);
  if (known !== undefined) return known;
  const kind = byName.get(name.toLowerCase()) ?? headerKinds.pass;
  if (spelled.size < spellingsKept && name.length <= longestNameKept) spelled.set(name, kind);
  return kind;
}
