import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError } from '../../common/errors.ts';
import { isAlive, processBirth } from './process-identity.ts';

interface Holder {
  readonly pid: number;
  readonly birth: string;
  readonly guard: { readonly pid: number; readonly birth: string };
}

const lockName = 'stack.lock';
/** A guard gives its processes eight seconds. */
const guardPatienceMs = 10_000;

/**
 * Takes the data folder for this process and empties what an earlier stack left in it. Nothing is deleted while another
 * stack lives there (`BANYAN_DATA_DIR_BUSY`); one that was killed is given the time its guard needs to clear up.
 */
export async function takeDataFolder(dataDir: string, guardPid: number): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true });
  const lock = join(dataDir, lockName);
  const earlier = await readLock(lock);
  if (earlier !== undefined && isAlive(earlier.pid, earlier.birth)) {
    throw new BanyanError(
      'BANYAN_DATA_DIR_BUSY',
      `Another stack (process ${earlier.pid}) works in ${dataDir}.`,
      {
        fix: 'Stop it with Ctrl-C, or give this one a folder and ports of its own (BANYAN_DATA_DIR, BANYAN_*_PORT).',
      },
    );
  }
  const deadline = performance.now() + guardPatienceMs;
  while (
    earlier !== undefined &&
    isAlive(earlier.guard.pid, earlier.guard.birth) &&
    performance.now() < deadline
  ) {
    await wait(50);
  }
  const holder: Holder = {
    pid: process.pid,
    birth: processBirth(process.pid),
    guard: { pid: guardPid, birth: processBirth(guardPid) },
  };
  await writeFile(lock, JSON.stringify(holder));
  for (const name of ['databases', 'logs', 'route-table.json', 'admin-token']) {
    await rm(join(dataDir, name), { recursive: true, force: true });
  }
  await mkdir(join(dataDir, 'logs'));
  return () => rm(lock, { force: true });
}

async function readLock(file: string): Promise<Holder | undefined> {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    // Half-written by a stack that was killed just then: nobody holds the folder.
    return undefined;
  }
}
