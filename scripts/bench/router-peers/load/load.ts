import { findDebianProgram } from '../../../servers/find-debian-program.ts';
import type { BenchContext } from '../../bench.ts';
import { h2load } from './h2load.ts';
import { ownLoad } from './own-load.ts';
import { wrk } from './wrk.ts';

export interface Load {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoadOptions {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** True: over HTTP/2, ten requests at once on each connection; its `url` is `https:`. */
  readonly http2?: boolean;
  /** Where a file may be put that goes with the run. */
  readonly folder: string;
}

/** Asks for `seconds`, every connection again as soon as it is answered. Throws on any answer that is not 2xx and on any broken connection. */
export type LoadGenerator = (options: LoadOptions) => Promise<Load>;

/** The best that this machine has: wrk, and h2load for HTTP/2; null: nothing here speaks that. */
export async function loadGenerators(
  context: BenchContext,
): Promise<{ readonly http1: LoadGenerator; readonly http2: LoadGenerator | null }> {
  const [wrkCommand, h2loadCommand] = await Promise.all(
    (['wrk', 'h2load'] as const).map((name) => findDebianProgram(name, context)),
  );
  if (!wrkCommand) context.log('wrk is not here and cannot be fetched: the load comes from this process');
  return {
    http1: wrkCommand ? wrk(wrkCommand) : ownLoad,
    http2: h2loadCommand ? h2load(h2loadCommand) : null,
  };
}
