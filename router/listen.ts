import type { AddressInfo, Server } from 'node:net';
import { BanyanError } from '../common/errors.ts';

/** Listens and resolves to `http://host:port`; rejects with `BANYAN_PORT_TAKEN`. `setting` is the option's name. */
export function listen(
  server: Server,
  { host, port }: { host: string; port: number },
  setting: string,
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
      server.off('error', refuse);
      const { address, port: bound, family } = server.address() as AddressInfo;
      resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`);
    });
  });
}
