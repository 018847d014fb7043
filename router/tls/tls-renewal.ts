import { stat } from 'node:fs/promises';
import type { Server as TlsServer } from 'node:tls';
import type { Logger } from 'pino';
import { describeError } from '../../common/errors.ts';
import { pause } from '../../common/pause.ts';
import { readTlsFiles } from './tls-files.ts';
import type { ServerTls } from './tls-settings.ts';

/**
 * Puts renewed certificates in force without a restart: looks at the files from time to time, and when they have
 * changed and belong together, new connections are made with them. Key and certificate are written one after the other, so a pair
 * that does not fit is looked at again, told of once, and changes nothing meanwhile.
 */
export class TlsRenewal {
  readonly #tls: ServerTls;
  readonly #server: Pick<TlsServer, 'setSecureContext'>;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  #inForce: string;
  #told = '';
  #loop: Promise<void> | null = null;

  /** `inForce`: what `stampOf` said before the files were first read. */
  constructor(tls: ServerTls, server: Pick<TlsServer, 'setSecureContext'>, inForce: string, logger: Logger) {
    this.#tls = tls;
    this.#server = server;
    this.#inForce = inForce;
    this.#logger = logger;
  }

  start(): void {
    if (this.#tls.reloadMs > 0) this.#loop ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      await pause(this.#tls.reloadMs, signal, { ref: false });
      if (signal.aborted) return;
      await this.#look();
    }
  }

  async #look(): Promise<void> {
    const stamp = await stampOf(this.#tls);
    if (stamp === this.#inForce) return;
    try {
      const { server } = await readTlsFiles({ server: this.#tls });
      this.#server.setSecureContext(server!);
      this.#inForce = stamp;
      this.#logger.info({ certFile: this.#tls.certFile }, 'the renewed certificate is in force');
    } catch (error) {
      if (this.#told === stamp) return;
      this.#told = stamp;
      const { message, fix } = describeError(error);
      this.#logger.error(
        { error: message, fix },
        'the certificate was changed and cannot be used: the old one stays',
      );
    }
  }
}

/** Changes whenever one of the files does. */
export async function stampOf({ keyFile, certFile, clientCaFile }: ServerTls): Promise<string> {
  const files = [keyFile, certFile, ...(clientCaFile === undefined ? [] : [clientCaFile])];
  const stamps = await Promise.all(
    files.map((file) =>
      stat(file).then(
        ({ mtimeMs, size, ino }) => `${mtimeMs}/${size}/${ino}`,
        // That it is away is a state like any other here; reading it says what is wrong.
        ({ code }: NodeJS.ErrnoException) => `${code}`,
      ),
    ),
  );
  return stamps.join(' ');
}
