import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { isAlive } from './process-identity.ts';

/**
 * The guard outlives its supervisor by a moment: the supervisor tells it on stdin which processes it has (`+ pid birth`) and
 * which are over (`- pid`). When stdin ends, for whatever reason (`kill -9` included), what is left is ended: SIGTERM to each
 * process group, after eight seconds SIGKILL. After an orderly stop nothing is left and it just goes.
 */
const patienceMs = 8000;
const charges = new Map<number, string>();

// Whoever signals the whole stack means its supervisor.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const [sign, pid, birth] = line.split(' ');
  if (sign === '+') charges.set(Number(pid), birth ?? '');
  else charges.delete(Number(pid));
}

signalAll('SIGTERM');
const deadline = performance.now() + patienceMs;
while (living().length > 0 && performance.now() < deadline) await wait(50);
signalAll('SIGKILL');

function living(): number[] {
  return [...charges].filter(([pid, birth]) => isAlive(pid, birth)).map(([pid]) => pid);
}

function signalAll(signal: NodeJS.Signals): void {
  for (const pid of living()) {
    for (const target of [-pid, pid]) {
      try {
        process.kill(target, signal);
      } catch {
        // It ended between the look and the signal, or leads no group: the other target is it.
      }
    }
  }
}
