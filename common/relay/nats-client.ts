import { BanyanError } from '../errors.ts';

/** NATS' own clients, which a project installs that sends something there. */
export interface NatsClient {
  readonly transport: typeof import('@nats-io/transport-node');
  readonly jetstream: typeof import('@nats-io/jetstream');
}

/** @throws BanyanError BANYAN_NATS_MISSING */
export async function loadNats(): Promise<NatsClient> {
  try {
    const [transport, jetstream] = await Promise.all([
      import('@nats-io/transport-node'),
      import('@nats-io/jetstream'),
    ]);
    return { transport, jetstream };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new BanyanError('BANYAN_NATS_MISSING', 'the clients of NATS are not installed', {
      fix: 'npm install @nats-io/transport-node @nats-io/jetstream',
      cause: error,
    });
  }
}
