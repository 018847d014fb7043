import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BanyanError } from '../../../common/errors.ts';
import type { BanyanConfig } from '../../config/index.ts';
import type { Token } from './gatekeeper.ts';

/**
 * The admin API's bearer token, from its file; made up and written for its owner alone where there is none. A file that
 * others can read is refused: who can read it can cut over.
 */
export async function adminToken(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      const token = randomBytes(32).toString('base64url');
      await handle.writeFile(`${token}\n`);
      // The umask may have taken bits away, and must not have; nobody has opened it yet.
      await chmod(file, 0o600);
      return token;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0) {
    throw new BanyanError('BANYAN_TOKEN_EXPOSED', `${file} holds the admin token and others can read it.`, {
      fix: `Run: rm ${file} – a new token is made at the next start, since this one may be known.`,
    });
  }
  const token = (await readFile(file, 'utf8')).trim();
  if (token.length < 16) {
    throw new BanyanError('BANYAN_TOKEN_INVALID', `${file} holds no admin token of at least 16 characters.`, {
      fix: 'Remove the file: a new token is made at the next start.',
    });
  }
  return token;
}

/** Every token that a config names. */
export async function adminTokens({
  tokenFile,
  tokens,
}: Pick<BanyanConfig['control'], 'tokenFile' | 'tokens'>): Promise<Token[]> {
  const named = Object.entries(tokens).map(
    async ([name, { role, file }]): Promise<Token> => ({ name, role, secret: await adminToken(file) }),
  );
  return [
    { name: null, role: 'operate', secret: await adminToken(tokenFile) },
    ...(await Promise.all(named)),
  ];
}
