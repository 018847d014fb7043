import { readdirSync, readFileSync } from 'node:fs';

/**
 * CPU time that a process has used so far (user + system, all its living threads), in microseconds. The scheduler's own account,
 * to the nanosecond, where the kernel keeps one; else /proc/PID/stat, in ticks of 10 ms: then measure over a second or more.
 */
export function cpuMicrosOf(pid: number): number {
  return scheduledMicros(pid) ?? tickedMicros(pid);
}

function scheduledMicros(pid: number): number | null {
  let nanoseconds = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]);
    }
  } catch {
    // A kernel without schedstat, or a thread that ended between the two looks.
    return null;
  }
  return nanoseconds > 0 ? nanoseconds / 1_000 : null;
}

function tickedMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in brackets and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks * 10_000;
}

/** The processes that a process has started and that still live. */
export function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}

/** As `cpuMicrosOf`, with the children that have ended and been waited for: for a pipeline run by a shell. */
export function cpuMicrosWithChildrenOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0) * 10_000;
}
