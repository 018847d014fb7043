import type { AddressInfo, Server } from 'node:net';
import type { Logger } from 'pino';
import { BanyanError } from '../../common/errors.ts';

/**
 * Listens and resolves to `http://host:port`; rejects with `BANYAN_PORT_TAKEN`. `setting` is the option's name. A
 * connection that the system cannot accept later (no file descriptor left, a network that went down) is only logged.
 */
export function listen(
  server: Server,
  { host, port }: { host: string; port: number },
  setting: string,
  logger: Logger,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const refuse = (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      reject(
        new BanyanError(
          'BANYAN_PORT_TAKEN',
          `The router cannot listen on ${host}:${port}: the port is taken.`,
          {
            fix: `Stop the program that listens there, or set another ${setting}.`,
            cause: error,
          },
        ),
      );
    };
    server.once('error', refuse);
    server.listen({ host, port, backlog: 4096 }, () => {
      server.off('error', refuse).on('error', (error) => {
        logger.error({ error: error.message }, 'a connection could not be accepted');
      });
      const { address, port: bound, family } = server.address() as AddressInfo;
      resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`);
    });
  });
}
