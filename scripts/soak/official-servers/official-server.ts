import { fileURLToPath } from 'node:url';

export interface Wire {
  readonly transport: 'framed' | 'buffered' | 'header';
  readonly protocol: 'binary' | 'compact';
}

/** A server of an official library, by what its threads do. */
export interface OfficialServer {
  readonly name: string;
  readonly language: 'python' | 'npm' | 'cpp';
  readonly kind: 'threaded' | 'pool' | 'nonblocking';
  readonly wires: readonly Wire[];
}

const protocols = ['binary', 'compact'] as const;
const wires = (...transports: Wire['transport'][]): Wire[] =>
  transports.flatMap((transport) => protocols.map((protocol) => ({ transport, protocol })));

export const officialServers: readonly OfficialServer[] = [
  {
    name: 'Python TThreadedServer',
    language: 'python',
    kind: 'threaded',
    wires: wires('framed', 'buffered', 'header'),
  },
  {
    name: 'Python TThreadPoolServer',
    language: 'python',
    kind: 'pool',
    wires: wires('framed', 'buffered', 'header'),
  },
  { name: 'Python TNonblockingServer', language: 'python', kind: 'nonblocking', wires: wires('framed') },
  { name: 'npm thrift', language: 'npm', kind: 'nonblocking', wires: wires('framed', 'buffered') },
  {
    name: 'C++ TThreadedServer',
    language: 'cpp',
    kind: 'threaded',
    wires: wires('framed', 'buffered', 'header'),
  },
  {
    name: 'C++ TThreadPoolServer',
    language: 'cpp',
    kind: 'pool',
    wires: wires('framed', 'buffered', 'header'),
  },
  { name: 'C++ TNonblockingServer', language: 'cpp', kind: 'nonblocking', wires: wires('framed') },
];

export interface Toolchain {
  /** Folder of the generated code. */
  readonly generated: string;
  readonly python: string;
  /** Python's library. */
  readonly library: string;
  /** The compiled C++ server; null where there is no compiler. */
  readonly cpp: string | null;
}

export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The command that serves; its first line is `ready HOST:PORT`. Null where this machine cannot run it. */
export function serverCommand(
  { language, kind }: OfficialServer,
  { transport, protocol }: Wire,
  { generated, python, library, cpp }: Toolchain,
  { threads, port }: { readonly threads: number; readonly port: number },
): ServerCommand | null {
  const numbers = [String(threads), String(port)];
  if (language === 'python') {
    return {
      command: python,
      args: [script('server.py'), library, generated, kind, transport, protocol, ...numbers],
    };
  }
  if (language === 'npm') {
    return {
      command: process.execPath,
      args: [script('npm-server.cjs'), generated, transport, protocol, String(port)],
      // The generated code lies in the cache.
      env: { NODE_PATH: fileURLToPath(new URL('../../../node_modules', import.meta.url)) },
    };
  }
  return cpp === null ? null : { command: cpp, args: [kind, transport, protocol, ...numbers] };
}

/** The command that makes `n` calls of `ms` with as many official clients at once and prints how many seconds that took. */
export function clientsCommand(
  { transport, protocol }: Wire,
  { generated, python, library }: Toolchain,
  { port, n, ms }: { readonly port: number; readonly n: number; readonly ms: number },
): readonly [string, ...string[]] {
  const numbers = [String(n), String(ms)];
  return [python, script('clients.py'), library, generated, String(port), transport, protocol, ...numbers];
}

function script(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
