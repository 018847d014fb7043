import type { IncomingMessage, ServerResponse } from 'node:http';
import { type RunningRouter, startRouter } from 'banyan/router';
import { pino } from 'pino';
import { expect } from 'vitest';
import { noStopPoints, type StopPoints } from '../../../common/stop-points.ts';
import { startControl } from '../../../control/index.ts';
import { MysqlStateLink } from '../../../control/store/index.ts';
import type { Side } from '../../../router/table/route-table.ts';
import { History } from '../../support/linearizability/history.ts';
import { isLinearizable } from '../../support/linearizability/is-linearizable.ts';
import { startUpstream } from '../../support/router/router-stage.ts';
import { AdminClient } from './admin-client.ts';
import { parcelFeature } from './fixtures.ts';
import type { ParcelWorld } from './parcel-world.ts';

const why = 'to and fro';
const keys = ['seed-0', 'seed-1', 'seed-2'];
const clients = 6;

/** Every parcel's weight is a register: GET reads it, PUT writes it, on the side's own database. */
function parcelDesk(world: ParcelWorld, side: Side) {
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const code = request.url?.split('/').at(-1);
    if (request.method === 'GET') {
      const [row] = await world.query(side, 'SELECT weight FROM parcels WHERE code = ?', [code]);
      response.end(String(Number(row?.weight)));
      return;
    }
    let body = '';
    for await (const chunk of request) body += chunk;
    await world.query(side, 'UPDATE parcels SET weight = ? WHERE code = ?', [body, code]);
    response.end('ok');
  };
  return startUpstream((request, response) => {
    answer(request, response).catch((error: unknown) => {
      // The fence refused it: it certainly had no effect.
      response.statusCode = (error as { errno?: number }).errno === 1644 ? 409 : 500;
      response.end(String(error));
    });
  });
}

export interface Desks extends AsyncDisposable {
  readonly admin: AdminClient;
  readonly routers: readonly RunningRouter[];
}

/** Two databases, a desk before each, control and two routers; the parcels are copied. */
export async function startDesks(
  world: ParcelWorld,
  points: { readonly control?: StopPoints; readonly secondRouter?: StopPoints } = {},
  leaseMs = 10_000,
): Promise<Desks> {
  const [legacy, service] = await Promise.all([parcelDesk(world, 'legacy'), parcelDesk(world, 'service')]);
  const call = { kind: 'http' } as const;
  const address = { kind: 'http' as const, addresses: [service.url] };
  const feature = parcelFeature(world.config.features.parcels!.database, {
    service: address,
    routes: [
      { id: 'GET /parcels/:code', method: 'GET', path: '/parcels/:code', access: 'read', call },
      { id: 'PUT /parcels/:code', method: 'PUT', path: '/parcels/:code', access: 'write', call },
    ],
  });
  const config = {
    ...world.config,
    legacy: { ...world.config.legacy, addresses: [legacy.url] },
    features: { parcels: feature },
  };
  const control = await startControl(config, { points: points.control ?? noStopPoints });
  const admin = await AdminClient.open(control.url, config.control.tokenFile);
  const routers = await Promise.all(
    [noStopPoints, points.secondRouter ?? noStopPoints].map((reached) =>
      startRouter({
        listen: { host: '127.0.0.1', port: 0 },
        legacy: { addresses: [legacy.url] },
        services: { parcels: address },
        link: new MysqlStateLink({ state: config.state, leaseMs }),
        logger: pino({ enabled: false }),
        points: reached,
      }),
    ),
  );
  await admin.run('/v1/features/parcels/copy', { why });
  return {
    admin,
    routers,
    async [Symbol.asyncDispose]() {
      for (const router of routers) await router.stop();
      await control.stop();
      await legacy[Symbol.asyncDispose]();
      await service[Symbol.asyncDispose]();
    },
  };
}

/** Reads and writes single keys through both routers until it is stopped. */
export class DeskClients {
  readonly #history = new History<string, number>();
  readonly #stop = new AbortController();
  readonly #failed: string[] = [];
  readonly #running: Promise<unknown>;
  #written = 100;

  constructor(routers: readonly RunningRouter[]) {
    this.#running = Promise.all(Array.from({ length: clients }, (_, index) => this.#run(routers, index)));
  }

  async #run(routers: readonly RunningRouter[], index: number): Promise<void> {
    const failed = this.#failed;
    for (let turn = index; !this.#stop.signal.aborted; turn++) {
      const key = keys[turn % keys.length]!;
      const url = (at: number) => `${routers[at % routers.length]!.url}/parcels/${key}`;
      if (turn % 2 === 0) {
        const value = this.#written++;
        await this.#history.write(key, value, async () => {
          const answer = await fetch(url(turn), { method: 'PUT', body: String(value) });
          const said = await answer.text();
          if (answer.status !== 200) failed.push(`PUT ${answer.status} ${said}`);
          if (answer.status >= 500) throw new Error(said);
          return answer.status === 200;
        });
      }
      // By the other router than the write before it.
      await this.#history.read(key, async () => {
        const answer = await fetch(url(turn + 1));
        const said = await answer.text();
        if (answer.status !== 200) failed.push(`GET ${answer.status} ${said}`);
        return answer.status === 200 ? Number(said) : null;
      });
    }
  }

  /** Stops them: none of their requests failed, and the history of each key has one order that respects time. */
  async endInOrder(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    expect(this.#failed).toEqual([]);
    for (const key of keys) {
      const initial = Number((Number(key.slice('seed-'.length)) * 1.007).toFixed(3));
      expect(this.#history.of(key).length).toBeGreaterThan(20);
      expect(isLinearizable(initial, this.#history.of(key)), `the history of ${key}`).toBe(true);
    }
  }
}
