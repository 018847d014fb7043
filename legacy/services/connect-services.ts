import { openSeams } from 'banyan/seam';
import type { Logger } from 'pino';
import type { FeatureName, ServicesConfig } from '../config.ts';
import type { LogServiceClient } from './contracts/log.ts';
import type { ProductServiceClient } from './contracts/product.ts';
import type { ShopServiceClient } from './contracts/shop.ts';
import type { UserServiceClient } from './contracts/user.ts';
import { FeatureSeams } from './feature-seams.ts';
import { type RemoteService, type RemoteServiceOptions, remoteService } from './remote-service.ts';

/** A feature that may have left, and its service. */
export interface MovableFeature<Client> {
  readonly seams: FeatureSeams;
  readonly client: Client;
}

/** Those features whose services the shop was told of. */
export interface Services {
  readonly product?: MovableFeature<ProductServiceClient>;
  readonly shops?: MovableFeature<ShopServiceClient>;
  readonly user?: MovableFeature<UserServiceClient>;
  readonly log?: MovableFeature<LogServiceClient>;
  /** Lets calls under way end, and gives the lease back, so that no handover waits for this process. */
  close(): Promise<void>;
}

type Contract = Pick<RemoteServiceOptions, 'name' | 'service' | 'transport'>;

const contracts: Readonly<Record<FeatureName, Contract>> = {
  product: { name: 'product', service: 'ProductService', transport: 'header' },
  // Apache's own library: it knows no headers.
  shops: { name: 'shop', service: 'ShopService', transport: 'framed' },
  user: { name: 'user', service: 'UserService', transport: 'header' },
  log: { name: 'log', service: 'LogService', transport: 'header' },
};

/** @throws BanyanError `BANYAN_ROUTER_NO_TABLE`: banyan's schema cannot be read, and there is no snapshot. */
export async function connectServices(config: ServicesConfig, log: Logger): Promise<Services> {
  const { state, snapshotFile, addresses, deadlineMs } = config;
  const link = await openSeams({ state, logger: log, ...(snapshotFile !== null && { snapshotFile }) });
  const closing: RemoteService<unknown>[] = [];
  async function feature<Client extends { call: unknown }>(
    name: FeatureName,
  ): Promise<MovableFeature<Client> | undefined> {
    const known = addresses[name];
    if (known === undefined) return undefined;
    const remote = await remoteService<Client>({ ...contracts[name], addresses: known, deadlineMs, log });
    closing.push(remote);
    return { seams: new FeatureSeams(name, link, log), client: remote.client };
  }
  async function close(): Promise<void> {
    await link.close();
    await Promise.all(closing.map((remote) => remote.close()));
  }
  try {
    const product = await feature<ProductServiceClient>('product');
    const shops = await feature<ShopServiceClient>('shops');
    const user = await feature<UserServiceClient>('user');
    const logs = await feature<LogServiceClient>('log');
    return {
      ...(product && { product }),
      ...(shops && { shops }),
      ...(user && { user }),
      ...(logs && { log: logs }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
