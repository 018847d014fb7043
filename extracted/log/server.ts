import { fileURLToPath } from 'node:url';
import { loadIdl, serve, ThriftException } from 'banyan/rpc';
import type { Logger } from 'pino';
import { type LogServiceConfig, readSink } from './config.ts';
import { Journal } from './journal.ts';
import { openSink } from './open-sink.ts';
import { Refusal } from './refusal.ts';
import type { LogServiceHandlers } from './thrift-types.ts';

export interface RunningLogService {
  /** `host:port` */
  readonly address: string;
  /** Reads the sink's file again. What is wrong with it is logged, and the sink stays. */
  reload(): Promise<void>;
  /** Lets calls under way end, then closes the sink. */
  stop(): Promise<void>;
}

export const idlFile = fileURLToPath(new URL('log.thrift', import.meta.url));

/** @throws Error when the sink's file names none; BanyanError when the address cannot be listened on. */
export async function startLogService(config: LogServiceConfig, log: Logger): Promise<RunningLogService> {
  const journal = new Journal(openSink(await readSink(config.sinkFile)));
  const handlers: LogServiceHandlers = {
    append: (entries) => declared(journal.append(entries)),
    query: (query) => declared(journal.query(query)),
  };
  const idl = await loadIdl(idlFile);
  const server = await serve({ idl, service: 'LogService', handlers, ...config, log });
  let reloading: Promise<void> = Promise.resolve();
  const reload = async () => {
    try {
      const sink = await readSink(config.sinkFile);
      await journal.switchTo(openSink(sink));
      log.info({ sink: sink.kind }, 'Entries go to the sink that the file names.');
    } catch (error) {
      log.error({ err: error }, 'The sink stays as it is.');
    }
  };
  return {
    address: server.address,
    reload() {
      reloading = reloading.then(reload);
      return reloading;
    },
    async stop() {
      await server.stop();
      await reloading;
      await journal.close();
    },
  };
}

async function declared<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new ThriftException(error.exception, { message: error.message });
  }
}
