import { setTimeout as wait } from 'node:timers/promises';
import { BanyanError } from '../../../common/errors.ts';
import { idlFile } from '../../../extracted/search/server.ts';
import type { Status } from '../../../extracted/search/thrift-types.ts';
import { createClient, loadIdl } from '../../../rpc/index.ts';
import { localAddress } from '../../stack/parts/index.ts';
import type { StackSettings } from '../../stack/stack-settings.ts';

const patienceMs = 60_000;

/**
 * Waits until the search has everything that was changed before now.
 * @throws BanyanError BANYAN_DEMO_FAILED when it does not within a minute
 */
export async function untilSearchIsFresh(settings: StackSettings, signal: AbortSignal): Promise<Status> {
  const idl = await loadIdl(idlFile);
  const addresses = [localAddress(settings, 'SEARCH')];
  const client = createClient({ idl, service: 'SearchService', addresses });
  const since = Date.now();
  const deadline = performance.now() + patienceMs;
  try {
    for (;;) {
      const status = (await client.call('status', [])) as Status;
      const { serving, rebuilding, freshUntil = 0 } = status;
      if (serving && !rebuilding && new Date(freshUntil).getTime() > since) return status;
      if (performance.now() > deadline) {
        throw new BanyanError('BANYAN_DEMO_FAILED', 'The search did not catch up within a minute.', {
          fix: 'Read logs/search.log, logs/productFeed.log and logs/shopsFeed.log in the data folder.',
          details: { status },
        });
      }
      await wait(200, undefined, { signal });
    }
  } finally {
    await client.close();
  }
}
