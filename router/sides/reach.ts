import { connect } from 'node:net';
import { whyNoConnection } from '../../common/connection-refused.ts';

/** Where a side answers, as the configuration names it. */
export interface SidePlace {
  readonly kind: 'thrift' | 'http';
  /** `host:port`, or origins. */
  readonly addresses: readonly string[];
}

export interface Reach {
  readonly address: string;
  /** Why it cannot be reached; null: it can. */
  readonly refused: string | null;
}

/** Asks each address of a side whether somebody accepts connections there; what a side speaks says how. */
export function reach({ kind, addresses }: SidePlace, withinMs: number): Promise<Reach[]> {
  return Promise.all(
    addresses.map(async (address) => {
      const { hostname, port, protocol } = new URL(kind === 'http' ? address : `tcp://${address}`);
      const usual = protocol === 'https:' ? 443 : 80;
      const host = hostname.replace(/^\[|\]$/g, '');
      return { address, refused: await refusal(host, port === '' ? usual : Number(port), withinMs) };
    }),
  );
}

function refusal(host: string, port: number, withinMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: string | null) => {
      socket.destroy();
      resolve(answer);
    };
    // A process that a busy machine left standing hears of its timers before it hears of its connections.
    socket.setTimeout(withinMs, () => setImmediate(end, `no answer within ${withinMs} ms`));
    socket.once('connect', () => end(null));
    socket.once('error', (error) => end(whyNoConnection(error)));
  });
}
