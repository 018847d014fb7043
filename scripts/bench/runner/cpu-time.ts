import { readFileSync } from 'node:fs';

/**
 * CPU time that a process and its threads have used so far (user + system), in microseconds, from /proc.
 * The kernel counts in ticks of 10 ms: measure over a second or more.
 */
export function cpuMicrosOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The second field is the program's name in brackets and may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks * 10_000;
}

/** As `cpuMicrosOf`, with the children that have ended and been waited for: for a pipeline run by a shell. */
export function cpuMicrosWithChildrenOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0) * 10_000;
}
