import { readdirSync, readFileSync } from 'node:fs';

/** What a process of this machine holds right now. */
export interface ProcessUse {
  /** Resident memory, bytes. */
  readonly residentBytes: number;
  /** Open file descriptors, sockets included. */
  readonly descriptors: number;
}

/** Read from Linux's /proc (proc(5): status, fd). Throws where the process has ended. */
export function processUse(pid: number): ProcessUse {
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (resident === null) throw new Error(`/proc/${pid}/status names no VmRSS`);
  return {
    residentBytes: Number(resident[1]) * 1024,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}
