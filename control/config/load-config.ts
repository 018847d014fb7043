import { BanyanError } from '../../common/errors.ts';
import type { BanyanConfig } from './config.ts';
import { findConfigFile } from './find-config-file.ts';
import { importConfig } from './import-config.ts';
import { normalizeConfig } from './normalize.ts';

/**
 * Loads `file`, or the nearest `banyan.config.ts` from the working directory upwards, checks it, reads the IDLs it
 * names and returns it normalized and frozen.
 *
 * Throws `BANYAN_CONFIG_MISSING`, `BANYAN_CONFIG_UNREADABLE`, or `BANYAN_CONFIG_INVALID` with all faults at once.
 */
export async function loadConfig(file?: string, directory: string = process.cwd()): Promise<BanyanConfig> {
  const path = findConfigFile(directory, file);
  let loaded: unknown;
  try {
    loaded = await importConfig(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BanyanError('BANYAN_CONFIG_UNREADABLE', `${path} cannot be loaded: ${reason}`, {
      fix: 'Correct the file so that `node` can import it, and export the config as its default.',
      cause,
    });
  }
  if (loaded === undefined) {
    throw new BanyanError('BANYAN_CONFIG_UNREADABLE', `${path} has no default export.`, {
      fix: 'Write `export default defineConfig({ … })` with defineConfig from "banyan".',
    });
  }
  return normalizeConfig(loaded, path);
}
