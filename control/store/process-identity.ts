import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Names this process so that a later one on the same machine can tell whether it still lives: the machine's boot, the
 * process namespace, the pid and the moment it started (pids are used again). Elsewhere than on Linux: host and pid, of
 * which nothing is concluded.
 */
export function processIdentity(): string {
  const scope = machineScope();
  const place = `${hostname().slice(0, 64)}/${process.pid}`;
  const instance = randomBytes(4).toString('hex');
  return scope === null ? `${place}/${instance}` : `${place}/${startedAt(process.pid)}/${scope}/${instance}`;
}

/**
 * True only when that process has certainly ended, so that its lease need not be waited for. A process of another
 * machine may be alive for all one knows: false.
 */
export function hasEnded(identity: string): boolean {
  const parts = identity.split('/');
  const scope = machineScope();
  if (parts.length !== 5 || scope === null || parts[3] !== scope) return false;
  const pid = Number(parts[1]);
  if (!Number.isInteger(pid) || pid <= 0) return false;
  const started = startedAt(pid);
  return started !== 'unknown' && started !== parts[2];
}

function machineScope(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}:${readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')}`;
  } catch {
    return null;
  }
}

/** Clock ticks since boot at which the process started; `ended` for none, also for one that only waits to be reaped. */
function startedAt(pid: number): string {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    // Unreadable is not gone: only a missing entry says that the process has ended.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'ended' : 'unknown';
  }
  // The second field is the program's name in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : (fields[19] ?? 'unknown');
}
