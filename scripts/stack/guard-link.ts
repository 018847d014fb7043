import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { processBirth } from './process-identity.ts';

/** The supervisor's end of the guard: tell it of every process, so that none survives even `kill -9` of the supervisor. */
export class GuardLink {
  readonly #child: ChildProcess;
  readonly #charges = new Set<number>();

  private constructor(child: ChildProcess) {
    this.#child = child;
    // A guard that was killed takes our line's other end with it: the stack goes on, unguarded.
    child.stdin?.on('error', () => undefined);
  }

  static async start(): Promise<GuardLink> {
    const child = spawn(process.execPath, [fileURLToPath(new URL('guard.ts', import.meta.url))], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // A process group of its own: the terminal's Ctrl-C must not reach it.
      detached: true,
    });
    await once(child, 'spawn');
    return new GuardLink(child);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  watch(pid: number): void {
    this.#charges.add(pid);
    this.#child.stdin?.write(`+ ${pid} ${processBirth(pid)}\n`);
  }

  release(pid: number): void {
    if (this.#charges.delete(pid)) this.#child.stdin?.write(`- ${pid}\n`);
  }

  /** Ends the guard, and with it whatever it still watches. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }
}
