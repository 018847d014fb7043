import { reach } from '../../router/sides/reach.ts';
import type { AskedSide } from '../conductor/ask-side.ts';
import { servicePlace } from '../config/services/index.ts';
import type { HealthWatch } from './health-watch.ts';

/** Addresses of a side at which nobody accepts connections at this moment, or answered when it was asked last, each with the reason. */
export async function unreached(side: AskedSide, health: HealthWatch): Promise<string[]> {
  const place = side.kind === 'http' ? { kind: side.kind, addresses: side.addresses } : servicePlace(side);
  const reached = await reach(place, 1_000);
  return reached.flatMap(({ address, refused }) => {
    const silence = health.silenceOf(side, address);
    // Where nobody listened when it was asked last, and somebody does now, it is to be asked again before anything is said of it.
    const why = refused ?? (silence === null || silence.nobodyListens ? null : silence.why);
    return why === null ? [] : [`${address}: ${why}`];
  });
}
