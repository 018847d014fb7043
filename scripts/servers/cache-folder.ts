import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where unpacked server programs and initialized data directories are kept between runs (XDG Base Directory). */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'banyan');
}
