import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { BanyanError } from '../../common/errors.ts';
import type { BanyanConfig } from './config.ts';
import { normalizeConfig } from './normalize.ts';

/** A module is loaded once in a process; a thread has modules of its own, also those that the config imports. */
const loader = `
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData.importer).then(({ importConfig }) => importConfig(workerData.file)).then(
    (value) => parentPort.postMessage({ value }),
    (error) => parentPort.postMessage({ reason: String(error?.message ?? error) }),
  ).catch((error) => parentPort.postMessage({ reason: String(error?.message ?? error) }));`;

const importer = import.meta.resolve(`./import-config${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`);

const withinMs = 30_000;

/**
 * The config as its file says now, however often it was loaded before. Throws what `loadConfig` throws, with all faults at
 * once.
 */
export async function loadConfigAfresh(file: string): Promise<BanyanConfig> {
  const worker = new Worker(loader, { eval: true, workerData: { importer, file } });
  try {
    const [message] = await once(worker, 'message', { signal: AbortSignal.timeout(withinMs) });
    const { value, reason } = message as { value?: unknown; reason?: string };
    if (reason !== undefined) throw unreadable(file, `cannot be loaded: ${reason}`);
    if (value === undefined) throw unreadable(file, 'has no default export');
    return await normalizeConfig(value, file);
  } catch (error) {
    if (error instanceof BanyanError) throw error;
    throw unreadable(file, `cannot be loaded: ${(error as Error).message}`);
  } finally {
    await worker.terminate();
  }
}

function unreadable(file: string, what: string): BanyanError {
  return new BanyanError('BANYAN_CONFIG_UNREADABLE', `${file} ${what}.`, {
    fix: 'Correct the file so that `node` can import it, and export the config as its default: plain data, no functions.',
  });
}
