import { type Engine, startPrivateServer } from '../servers/index.ts';
import type { RunningProcess } from './supervised-process.ts';

export interface DatabaseOptions {
  readonly engine: Engine;
  readonly dataDir: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly serverId: number;
  readonly bufferPoolMib: number;
  readonly signal: AbortSignal;
}

/** Starts one private database server on its data directory and port. */
export async function launchDatabase(options: DatabaseOptions): Promise<RunningProcess> {
  const server = await startPrivateServer({ ...options, isFrugal: true });
  return {
    pid: server.pid,
    facts: { version: server.version, logFile: server.logFile },
    ended: server.ended.then(() => 'the server ended'),
    stop: () => server.stop(),
  };
}
