import { readFileSync } from 'node:fs';

/**
 * When a process began, in the kernel's ticks since boot: together with its id it names one process for ever, though
 * ids are used again. '' where the system does not tell (no /proc) or the process is gone.
 */
export function processBirth(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended: only its parent has not asked yet.
    return fields[0] === 'Z' ? '' : (fields[19] ?? '');
  } catch {
    // No such process, or no /proc on this system: either way there is no birth to tell.
    return '';
  }
}

/** Whether that very process, and no later one with its id, still runs. */
export function isAlive(pid: number, birth: string): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    // ESRCH: gone. EPERM cannot be: we started it.
    return false;
  }
  return birth === '' ? process.platform !== 'linux' : processBirth(pid) === birth;
}
