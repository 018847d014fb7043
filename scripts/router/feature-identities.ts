import { readFile } from 'node:fs/promises';
import { BanyanError } from '../../common/errors.ts';
import { signingKey } from '../../common/identity/identity-keys.ts';
import type { BanyanConfig } from '../../control/config/index.ts';
import type { ServiceIdentitySettings } from '../../router/index.ts';

/**
 * By feature: how its service is told who users are, with the key that signs. No key is read where no service is told.
 *
 * @throws BanyanError `BANYAN_IDENTITY_KEY`
 */
export async function featureIdentities({
  features,
  identity,
}: Pick<BanyanConfig, 'features' | 'identity'>): Promise<Record<string, ServiceIdentitySettings>> {
  const told = Object.values(features).flatMap(({ name, service }) =>
    service.identity === undefined ? [] : [{ name, settings: service.identity }],
  );
  if (told.length === 0 || identity === undefined) return {};
  const { issuer, seconds } = identity;
  const key = await readKey(identity);
  return Object.fromEntries(
    told.map(({ name, settings }) => [
      name,
      { ...settings, audience: settings.audience ?? name, key, issuer, seconds },
    ]),
  );
}

async function readKey({ keys, signs }: NonNullable<BanyanConfig['identity']>) {
  const { kid, alg, file } = keys.find((key) => key.kid === signs)!;
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new BanyanError('BANYAN_IDENTITY_KEY', `${file} cannot be read: ${code ?? message}.`, {
      fix: 'Correct identity.keys, or let the user that the router runs as read the file.',
      cause: error,
    });
  }
  const key = { kid, alg, key: text };
  signingKey(key);
  return key;
}
