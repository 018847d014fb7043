import { z } from 'zod';

/** A name as it stands in a certificate. */
export const certificateName = z
  .string()
  .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, { error: 'is no host name' });

/** For `refine`: a client's certificate has its key, and a key its certificate. */
export const ownPair = [
  ({
    certFile,
    keyFile,
  }: {
    readonly certFile?: string | undefined;
    readonly keyFile?: string | undefined;
  }) => (certFile === undefined) === (keyFile === undefined),
  { error: 'names only one of certFile and keyFile, which belong together' },
] as const;
