import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { cancelled, deadlineExceeded } from '../client/errors.ts';
import type { CallOptions } from '../client/options.ts';
import type { Job, JobResult, ThreadData } from './large-body-job.ts';
import { ToldProblem } from './problems.ts';
import type { WholeInput } from './request-body.ts';

interface Task {
  /** The job but for the body, which is copied when its turn comes: many that wait hold nothing twice. */
  readonly job: Omit<Job, 'input'> & { readonly input: Omit<Job['input'], 'body'> };
  readonly body: Buffer;
  readonly done: (result: JobResult) => void;
  readonly fail: (error: unknown) => void;
}

/** Beside this file in the sources as well as in what is built of them. */
const threadFile = new URL(
  import.meta.url.endsWith('.ts') ? './large-body-thread.ts' : './large-body-thread.js',
  import.meta.url,
);
/** Copied at once, bytes. */
const pieceBytes = 1024 * 1024;
/** A thread that has nothing to do ends after this, milliseconds. */
const idleMs = 60_000;

/**
 * Writes requests with large bodies as Thrift in a thread of its own, since no other request is served while a body is parsed: a
 * JSON text of 16 MB may take more than a second. One at a time, the shortest of those that wait first, so that huge bodies do not
 * keep out those that are just large. The thread is started when it is first needed.
 */
export class LargeBodies {
  readonly #data: ThreadData;
  readonly #file: URL;
  #thread: Worker | null = null;
  #current: Task | null = null;
  readonly #waiting = new Set<Task>();
  #idle: NodeJS.Timeout | null = null;
  #closing: PromiseWithResolvers<void> | null = null;

  constructor(data: ThreadData, file: URL = threadFile) {
    this.#data = data;
    this.#file = file;
  }

  /** The struct of the call's arguments. Rejects with what the request is refused for, or when its time is up. */
  write(
    rpcMethod: string,
    { method, path, params, query, rawHeaders, body }: WholeInput,
    cursor: string | null,
    { context, signal, deadlineMs = 0 }: CallOptions,
  ): Promise<Uint8Array> {
    const input = { method, path, params, query, rawHeaders };
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiting.delete(task);
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const task: Task = {
        job: { rpcMethod, input, cursor, context, remainingMs: deadlineMs },
        body: body!,
        done: (result) => {
          end();
          if ('bytes' in result) resolve(result.bytes);
          else reject(new ToldProblem(result.found));
        },
        fail: (error) => {
          end();
          reject(error);
        },
      };
      const timer = setTimeout(() => task.fail(deadlineExceeded(rpcMethod, deadlineMs)), deadlineMs);
      const onAbort = (): void => task.fail(cancelled(rpcMethod, signal?.reason));
      if (signal?.aborted) return onAbort();
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(task);
      this.#next();
    });
  }

  /** Lets those that wait end. */
  async close(): Promise<void> {
    this.#closing ??= Promise.withResolvers<void>();
    if (this.#current === null) this.#closing.resolve();
    await this.#closing.promise;
    await this.#end()?.terminate();
  }

  #next(): void {
    if (this.#current !== null) return;
    const task = this.#shortest();
    if (task === null) {
      this.#rest();
      return;
    }
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#waiting.delete(task);
    this.#current = task;
    const thread = this.#thread ?? this.#start();
    thread.ref();
    this.#hand(task, thread).catch((error: unknown) => {
      this.#current = null;
      task.fail(error);
      this.#next();
    });
  }

  /** Hands a copy of the body over, since the request may have to be sent elsewhere too; piece by piece, so that copying holds up nothing. */
  async #hand({ job, body }: Task, thread: Worker): Promise<void> {
    const copy = new Uint8Array(body.length);
    for (let at = 0; at < body.length; at += pieceBytes) {
      if (at > 0) await nextTurn();
      copy.set(body.subarray(at, at + pieceBytes), at);
    }
    // One that has ended meanwhile drops it; that is told where it is noticed.
    thread.postMessage({ ...job, input: { ...job.input, body: copy } } satisfies Job, [copy.buffer]);
  }

  #shortest(): Task | null {
    let shortest: Task | null = null;
    for (const task of this.#waiting) {
      if (shortest === null || task.body.length < shortest.body.length) shortest = task;
    }
    return shortest;
  }

  /** Nothing is left to do. */
  #rest(): void {
    this.#closing?.resolve();
    this.#thread?.unref();
    this.#idle = setTimeout(() => void this.#end()?.terminate(), idleMs).unref();
  }

  #start(): Worker {
    const thread = new Worker(this.#file, { workerData: this.#data });
    let why: unknown = new Error('the thread for large bodies ended');
    thread
      .on('message', (result: JobResult) => {
        const task = this.#current;
        this.#current = null;
        task?.done(result);
        this.#next();
      })
      .on('error', (error) => {
        why = error;
      })
      // It ran out of memory, perhaps: the next body has a new one.
      .on('exit', () => {
        if (this.#thread !== thread) return;
        this.#thread = null;
        const task = this.#current;
        this.#current = null;
        task?.fail(why);
        this.#next();
      });
    this.#thread = thread;
    return thread;
  }

  /** The thread, which is no longer used. */
  #end(): Worker | null {
    if (this.#idle !== null) clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = null;
    return thread;
  }
}
