import { resolve } from 'node:path';
import { z } from 'zod';
import type { Fault } from '../../common/errors.ts';
import { identityAlgorithms } from '../../common/identity/identity-keys.ts';
import { identityAsk } from '../../router/identity/identity-settings.ts';
import { configFault } from './config-fault.ts';

/** How a feature's service is told who the user of a request is: docs/identity.md. */
export const serviceIdentityInput = z.strictObject({
  ...identityAsk,
  /** For whom the tokens are; default: the feature's name. */
  audience: z.string().min(1).optional(),
});

export type ServiceIdentityConfig = Readonly<z.output<typeof serviceIdentityInput>>;

/** By which key routers sign what they tell services. */
export const identityInput = z.strictObject({
  keys: z
    .array(
      z.strictObject({
        kid: z
          .string()
          .regex(/^[\w.-]{1,64}$/, { error: 'is no name of a key: letters, digits, _, . and -' }),
        alg: z.enum(identityAlgorithms).default('EdDSA'),
        /** A private key in PEM, or a secret. */
        file: z.string().min(1),
      }),
    )
    .min(1, { error: 'needs at least one key' }),
  /** The `kid` of the key that signs; may be left out where there is one. */
  signs: z.string().min(1).optional(),
  issuer: z.string().min(1).default('banyan'),
  /** How long a token holds, seconds. */
  seconds: z.int().min(1).max(3_600).default(60),
});

/** The same, checked: one key signs. */
export interface IdentityConfig extends Readonly<Omit<z.output<typeof identityInput>, 'keys' | 'signs'>> {
  /** Absolute paths. */
  readonly keys: readonly { readonly kid: string; readonly alg: 'EdDSA' | 'HS256'; readonly file: string }[];
  readonly signs: string;
}

/** `faults` gets what is wrong. */
export function completeIdentity(
  input: z.output<typeof identityInput>,
  directory: string,
  faults: Fault[],
): IdentityConfig {
  const { keys, signs = keys[0]!.kid } = input;
  const kids = keys.map(({ kid }) => kid);
  if (new Set(kids).size < kids.length) {
    const fix = 'Give each key a name of its own: services find a key by it.';
    faults.push(configFault(['identity', 'keys'], 'name one kid twice', fix));
  }
  if (input.signs === undefined && keys.length > 1) {
    const fix = `Name the key that signs: signs: '${kids[0]}'.`;
    faults.push(configFault(['identity', 'signs'], 'is missing although there are several keys', fix));
  } else if (!kids.includes(signs)) {
    const fix = `Name one of: ${kids.join(', ')}.`;
    faults.push(configFault(['identity', 'signs'], `names no key: ${signs}`, fix));
  }
  return { ...input, signs, keys: keys.map((key) => ({ ...key, file: resolve(directory, key.file) })) };
}
