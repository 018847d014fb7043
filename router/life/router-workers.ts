import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import type { Logger } from 'pino';
import { BanyanError } from '../../common/errors.ts';
import { type AdminServer, startAdminServer } from '../observe/admin-server.ts';
import type { AdminReport } from '../observe/metrics-report.ts';
import type { RunningRouter } from './start-router.ts';

type FromWorker =
  | { readonly kind: 'ready'; readonly url: string; readonly replica: string }
  | { readonly kind: 'report'; readonly report: AdminReport };

/** So long a worker may take to say what it counted; a busy one answers within milliseconds. */
const reportMs = 2_000;

export interface WorkersOptions {
  /** How many processes; one for each core is right. */
  readonly workers: number;
  readonly admin?: { readonly host: string; readonly port: number };
  readonly logger: Logger;
  /** Aborted: the workers stop gracefully. */
  readonly signal: AbortSignal;
}

export interface RunningWorkers {
  readonly url: string;
  readonly adminUrl?: string;
  readonly replicas: readonly string[];
  /** Sends SIGHUP to every worker: each reads its config again. */
  hangUp(): void;
  /** Resolves when all workers have ended after the signal. */
  readonly ended: Promise<void>;
}

/** True in a process that `runWorkers` started: it runs one router and calls `serveAsWorker` with it. */
export function isRouterWorker(): boolean {
  return cluster.isWorker;
}

/** As long as the primary may take to hear that its workers left it; a busy one hears it within milliseconds. */
const hearsMs = 250;

/** Tells the primary that this worker serves, answers when it asks for metrics, and stops gracefully once `signal` is aborted. */
export async function serveAsWorker(router: RunningRouter, signal: AbortSignal): Promise<void> {
  const send = (message: FromWorker) => process.send?.(message);
  process.on('message', (message) => {
    if (message === 'report') void router.adminReport().then((report) => send({ kind: 'report', report }));
  });
  send({ kind: 'ready', url: router.url, replica: router.replica });
  if (!signal.aborted) await once(signal, 'abort');
  await router.stop(leavePrimary);
}

/**
 * The primary has the port open as well, and gives it up when the last worker tells that it closed it: what connects until it has
 * heard of that waits for nobody, and is reset. So every worker leaves the primary first, which then has no reason to keep the port, and
 * accepts as before until that is done: the last to close the port are processes that accept.
 */
async function leavePrimary(): Promise<void> {
  if (!cluster.isWorker || !process.connected) return;
  // Otherwise the loss of its primary ends a worker at once.
  cluster.worker!.exitedAfterDisconnect = true;
  process.disconnect();
  await new Promise((resolve) => setTimeout(resolve, hearsMs));
}

/**
 * Runs this very program in several processes that share one port; each is a replica of its own, with its own lease. One that
 * dies is replaced, at most once a second. Rejects with `BANYAN_WORKER_FAILED` when a worker ends before it serves.
 */
export async function runWorkers(options: WorkersOptions): Promise<RunningWorkers> {
  const { logger, signal } = options;
  // Each accepts for itself. Connections that the primary accepts and hands on are lost with a worker that is killed: their clients
  // hear nothing, and the primary keeps the descriptors.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const ready = new Map<Worker, { url: string; replica: string }>();
  const fork = (): Worker => {
    const worker = cluster.fork();
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') ready.set(worker, message);
    });
    return worker;
  };
  const workers = new Set(Array.from({ length: options.workers }, fork));
  const stopAll = () => {
    for (const worker of workers) worker.process.kill('SIGTERM');
  };
  signal.addEventListener('abort', stopAll, { once: true });
  let admin: AdminServer | null = null;
  try {
    await Promise.all([...workers].map(served));
    if (options.admin !== undefined) {
      admin = await startAdminServer({
        ...options.admin,
        reports: async () => {
          const reports = await Promise.all([...ready.keys()].map(askForReport));
          return reports.filter((report) => report !== null);
        },
        ready: () => !signal.aborted && ready.size > 0,
        logger,
      });
    }
  } catch (error) {
    stopAll();
    throw error;
  }
  const watch = async (worker: Worker): Promise<void> => {
    await ended(worker);
    workers.delete(worker);
    ready.delete(worker);
    if (signal.aborted) return;
    logger.error({ pid: worker.process.pid }, 'a worker ended; another one takes its place');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    if (signal.aborted) return;
    const next = fork();
    workers.add(next);
    await watch(next);
  };
  const allEnded = Promise.all([...workers].map(watch)).then(() => admin?.close());
  return {
    url: [...ready.values()][0]!.url,
    ...(admin !== null && { adminUrl: admin.url }),
    replicas: [...ready.values()].map(({ replica }) => replica),
    hangUp: () => {
      for (const worker of workers) worker.process.kill('SIGHUP');
    },
    ended: allEnded,
  };
}

async function served(worker: Worker): Promise<void> {
  for (;;) {
    const [event] = await Promise.race([
      once(worker, 'message').then(([message]) => [(message as FromWorker).kind] as const),
      ended(worker).then(() => ['ended'] as const),
    ]);
    if (event === 'ready') return;
    if (event === 'ended') {
      throw new BanyanError('BANYAN_WORKER_FAILED', `Worker ${worker.process.pid} ended before it served.`, {
        fix: 'Its own lines on stderr say why.',
      });
    }
  }
}

async function ended(worker: Worker): Promise<void> {
  if (!worker.isDead()) await once(worker, 'exit');
}

/**
 * A worker that has ended has nothing to add. One that does not answer, or is on its way out, fails the whole: without its counts all
 * sums would go back, which to Prometheus is a restart.
 */
function askForReport(worker: Worker): Promise<AdminReport | null> {
  if (worker.isDead()) return Promise.resolve(null);
  if (!worker.isConnected()) return Promise.reject(new Error(`Worker ${worker.process.pid} is stopping.`));
  const { promise, resolve, reject } = Promise.withResolvers<AdminReport | null>();
  const take = (message: FromWorker) => {
    if (message.kind === 'report') resolve(message.report);
  };
  const gone = () => resolve(null);
  const timer = setTimeout(() => {
    reject(new Error(`Worker ${worker.process.pid} did not answer within ${reportMs} ms.`));
  }, reportMs);
  worker.on('message', take).once('exit', gone);
  worker.send('report', (error) => {
    // It ended, and the news of it is still on its way.
    if (error !== null) gone();
  });
  return promise.finally(() => {
    clearTimeout(timer);
    worker.off('message', take).off('exit', gone);
  });
}
