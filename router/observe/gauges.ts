import type { RouterCore } from '../life/router-core.ts';
import { allUpstreams } from '../sides/create-sides.ts';
import type { Gauges } from './metrics-text.ts';

/** What goes on in a router at this moment. `upgraded` and `connections`: of clients. */
export function gaugesOf(core: RouterCore, upgraded: number, connections: number): Gauges {
  const { table, holds, exchanges } = core;
  return {
    requestsInFlight: exchanges.size,
    requestsHeld: holds.size,
    heldBytes: holds.bytes,
    upgraded,
    connections,
    tableVersion: table.current.version,
    tableAgeSeconds: table.ageMs / 1_000,
    leaseValid: table.leaseValid,
    upstreams: addressGauges(core),
  };
}

/** One for each address, which shadows and several services may share: a series may be there once. */
function addressGauges(core: RouterCore): Gauges['upstreams'] {
  const gauges = new Map<string, Gauges['upstreams'][number]>();
  for (const upstream of allUpstreams(core)) {
    for (const address of upstream.addresses) {
      const { url, healthy } = address;
      const before = gauges.get(url);
      const pending = address.pending + (before?.pending ?? 0);
      const state = before ?? { ejected: upstream.isOpen(address), healthy };
      gauges.set(url, { address: url, pending, ejected: state.ejected, healthy: state.healthy });
    }
  }
  return [...gauges.values()];
}
