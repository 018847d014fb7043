import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const inMemory = join('/dev/shm', `banyan-tests-${process.getuid?.() ?? 0}`);
const onDisk = fileURLToPath(new URL('../../.banyan', import.meta.url));
const roomNeeded = 8 * 1024 ** 3;

/**
 * A folder for the data of servers that a test starts: in memory where there is room for it. Tests make and drop tables by
 * the thousand, each some files; of MariaDB's on a busy disk a database of six took 480 ms, in memory 66.
 */
export async function makeDataFolder(name: string): Promise<string> {
  const root = (await hasRoomInMemory()) ? inMemory : onDisk;
  await mkdir(root, { recursive: true, mode: 0o700 });
  return mkdtemp(join(root, `test-${name}-${process.pid}-`));
}

async function hasRoomInMemory(): Promise<boolean> {
  if (process.platform !== 'linux' || process.availableMemory() < roomNeeded) return false;
  const { bavail, bsize } = await statfs('/dev/shm').catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= roomNeeded;
}

/** Deletes what runs that were killed left in memory. */
export async function deleteAbandonedFolders(): Promise<void> {
  for (const name of existsSync(inMemory) ? await readdir(inMemory) : []) {
    const [, pid] = /-(\d+)-[^-]+$/.exec(name) ?? [];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    await rm(join(inMemory, name), { recursive: true, force: true, maxRetries: 5 });
  }
}
