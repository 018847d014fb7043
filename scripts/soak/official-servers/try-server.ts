import { setTimeout as pause } from 'node:timers/promises';
import { createClient, loadIdl, type ThriftClient } from 'banyan/rpc';
import { runProgram } from '../../servers/run-program.ts';
import { nappingIdl } from './generated-code.ts';
import {
  clientsCommand,
  type OfficialServer,
  type ServerCommand,
  serverCommand,
  type Toolchain,
  type Wire,
} from './official-server.ts';
import { routerOver } from './router-over.ts';

export interface TriedServer {
  /** For as many calls at once as `calls` says, until the last one has ended; the best of at most `rounds`. */
  readonly officialSeconds: number;
  readonly clientSeconds: number;
  readonly routerSeconds: number;
  /** One sentence for each thing that was not as it must be. */
  readonly failures: readonly string[];
}

export interface TryOptions {
  readonly server: OfficialServer;
  readonly wire: Wire;
  readonly toolchain: Toolchain;
  readonly port: number;
  /** Starts the program; resolves once it has printed its ready line. */
  readonly spawn: (command: ServerCommand) => Promise<{ stop(): Promise<void> }>;
  readonly calls: number;
  readonly callMs: number;
  readonly rounds: number;
}

/** How much longer ours may take than the official clients. */
const allowance = 1.3;
const poolThreads = 4;

/** Tries one official server on one wire: calls at once, hang-ups, deadlines, idle clients, a restart. Null where it cannot run here. */
export async function tryServer(options: TryOptions): Promise<TriedServer | null> {
  const { server, wire, toolchain, port, calls, callMs, rounds } = options;
  const threads = server.kind === 'pool' ? poolThreads : 64;
  const command = serverCommand(server, wire, toolchain, { threads, port });
  if (command === null) return null;
  const start = () => options.spawn(command);
  const address = `127.0.0.1:${port}`;
  const idl = await loadIdl(nappingIdl);
  const newClient = (): ThriftClient =>
    createClient({ idl, service: 'Napping', addresses: [address], deadlineMs: 20_000, ...wire });
  const failures: string[] = [];
  const must = (isSo: boolean, what: string): void => {
    if (!isSo) failures.push(`${server.name}, ${wire.transport}, ${wire.protocol}: ${what}`);
  };

  let running = await start();
  const client = newClient();
  const router = await routerOver(address, wire);
  try {
    // Once for nothing: what runs for the first time is slow.
    await atOnce(calls, (i) => get(`${router.url}/nap/1?text=${i}`, `"${i}"`));
    let [official, ours, routed] = [Infinity, Infinity, Infinity];
    // The best of as many rounds as it needs: a busy machine makes any of them slower, none faster.
    for (let round = 0; round < rounds; round++) {
      const said = await runProgram(clientsCommand(wire, toolchain, { port, n: calls, ms: callMs }));
      if (said.status !== 0) throw new Error(`the official clients failed: ${said.stderr}`);
      official = Math.min(official, Number(said.stdout));
      ours = Math.min(ours, await seconds(() => atOnce(calls, (i) => nap(client, callMs, `${i}`))));
      // Idle connections may hold threads for their turn.
      while (client.stats.connections > 0) await pause(10);
      const over = () => atOnce(calls, (i) => get(`${router.url}/nap/${callMs}?text=${i}`, `"${i}"`));
      routed = Math.min(routed, await seconds(over));
      if (Math.max(ours, routed) <= official * allowance) break;
    }
    const beside = `official clients ${told(official)}`;
    must(ours <= official * allowance, `${calls} calls took ${told(ours)}, ${beside}`);
    must(routed <= official * allowance, `over the router ${told(routed)}, ${beside}`);

    // Eight hang up; the next one may only wait for threads that are still busy.
    const longMs = callMs * 2;
    await atOnce(8, (i) =>
      nap(client, longMs, `${i}`, { signal: AbortSignal.timeout(callMs / 2) }).then(
        () => must(false, 'a call that was given up was answered'),
        () => undefined,
      ),
    );
    const next = await seconds(() => nap(client, 0, 'next'));
    const busyMs = Math.ceil(8 / threads) * longMs;
    must(next * 1_000 <= busyMs * allowance, `behind eight hang-ups a call took ${told(next)}`);

    const missed = await seconds(() =>
      atOnce(8, (i) =>
        nap(client, longMs, `${i}`, { deadlineMs: callMs }).then(
          () => must(false, 'a call was answered after its deadline'),
          (error: { code?: unknown }) =>
            must(error.code === 'BANYAN_RPC_DEADLINE', `a deadline became ${error}`),
        ),
      ),
    );
    must(missed * 1_000 < callMs * 2, `deadlines of ${callMs} ms were kept after ${told(missed)}`);
    await nap(client, 0, 'after the deadlines');

    // One more than the pool has threads: each has called, and holds a connection for its turn.
    const clients = Array.from({ length: poolThreads + 1 }, newClient);
    for (const one of clients) {
      const took = await seconds(() => nap(one, 0, 'idle'));
      must(took < 3, `beside idle clients a call took ${told(took)}`);
    }
    await Promise.all(clients.map((one) => one.close()));

    await running.stop();
    running = await start();
    const back = await seconds(async () => {
      while ((await get(`${router.url}/nap/0?text=b`, '"b"').catch(() => 'failed')) === 'failed') {
        await pause(5);
      }
    });
    must(back < 2, `after a restart the router needed ${told(back)}`);
    await nap(client, 0, 'after the restart').catch(() => nap(client, 0, 'after the restart'));
    return { officialSeconds: official, clientSeconds: ours, routerSeconds: routed, failures };
  } finally {
    await router.stop();
    await client.close();
    await running.stop();
  }
}

async function nap(
  client: ThriftClient,
  ms: number,
  text: string,
  options: { readonly signal?: AbortSignal; readonly deadlineMs?: number } = {},
): Promise<void> {
  const answer = await client.call('nap', [ms, text], options);
  if (answer !== text) throw new Error(`a wrong answer: ${String(answer)}`);
}

async function get(url: string, wanted: string): Promise<string> {
  const response = await fetch(url);
  const body = await response.text();
  if (response.status !== 200 || body !== wanted)
    throw new Error(`${url} answered ${response.status} ${body}`);
  return body;
}

async function atOnce(n: number, one: (i: number) => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: n }, (_, i) => one(i)));
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}

function told(time: number): string {
  return `${Math.round(time * 1_000)} ms`;
}
