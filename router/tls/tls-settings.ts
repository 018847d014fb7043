import { z } from 'zod';
import { certificateName, ownPair } from './tls-words.ts';

const file = z.string().min(1);
/** How often the files are looked at for changes, milliseconds; 0: never. */
const reloadMs = z.int().min(0).max(86_400_000).default(10_000);

/** TLS on the router's own port. Files in PEM; those that change are read again. */
export const serverTlsSchema = z.strictObject({
  keyFile: file,
  /** The certificate, then those between it and the root. */
  certFile: file,
  /** HTTP/2 for the clients that ask for it in the handshake. */
  http2: z.boolean().default(true),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
  /** Given, only clients with a certificate of one of these authorities are served. */
  clientCaFile: file.optional(),
  reloadMs,
});

/** TLS towards the monolith, for its `https://` addresses. Files that change are read again. */
export const legacyTlsSchema = z.strictObject({
  /** Authorities to trust instead of the usual ones. */
  caFile: file.optional(),
  /** The name that its certificate must have, where the address is not it. */
  serverName: certificateName.optional(),
  reloadMs,
});

/** TLS towards a feature's service. */
export const serviceTlsSchema = legacyTlsSchema
  .extend({
    /** The router's own certificate, where the service asks its clients for one; then those between it and the root. */
    certFile: file.optional(),
    keyFile: file.optional(),
  })
  .refine(...ownPair);

export type ServerTls = z.output<typeof serverTlsSchema>;
export type LegacyTls = z.output<typeof legacyTlsSchema>;
export type ServiceTls = z.output<typeof serviceTlsSchema>;
