import { CallSide } from '../called/call-side.ts';
import type { RouterService } from '../called/router-service.ts';
import type { ServiceSide, SideGround } from '../kind.ts';

/** A Thrift service as a side. The router speaks no Thrift itself: whoever starts it hands in what calls the service. */
export function openHandedIn(service: RouterService, { timeouts, logger }: SideGround): ServiceSide {
  const { requestIdleMs } = timeouts;
  return { side: new CallSide({ kind: 'thrift', service, requestIdleMs, logger }), service, upstream: null };
}
