import { execFile } from 'node:child_process';
import { mkdir, rmdir, statfs } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const size = '2g';
const mostTries = 20;

/** A file system of its own for a server's files, in memory, so that its disk can be full. Only root may make one. */
export class Volume implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** null where this process may not mount. */
  static async mount(folder: string): Promise<Volume | null> {
    await mkdir(folder, { recursive: true });
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'banyan-soak', folder]);
    } catch (error) {
      if (process.platform === 'linux' && process.getuid?.() !== 0) return null;
      // Root of a container without the right to mount.
      if (/permission denied|not permitted/i.test(String(error))) return null;
      throw error;
    }
    return new Volume(folder);
  }

  /** No more room than is taken now. */
  async fill(): Promise<void> {
    for (let time = 1; ; time++) {
      const { blocks, bfree, bsize } = await statfs(this.folder);
      try {
        await run('mount', ['-o', `remount,size=${(blocks - bfree) * bsize}`, this.folder]);
        return;
      } catch (error) {
        // The server has written in between, and a file system cannot be smaller than what is in it.
        if (time === mostTries) throw error;
      }
    }
  }

  async free(): Promise<void> {
    await run('mount', ['-o', `remount,size=${size}`, this.folder]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run('umount', [this.folder]);
    await rmdir(this.folder);
  }
}
