import type { Logger } from 'pino';
import type { LookUp } from '../../common/resolved-addresses.ts';
import type { BulkCollector } from '../answer/bulk-collector.ts';
import type { Identities } from '../identity/identities.ts';
import type { RouterService } from './called/router-service.ts';
import type { Upstream } from './http/upstream/upstream.ts';
import type { Side } from './side.ts';

/** What a router's sides share, whatever they speak. */
export interface SideGround {
  readonly bulk: BulkCollector;
  readonly timeouts: {
    readonly connectMs: number;
    readonly firstByteMs: number;
    readonly requestIdleMs: number;
    readonly continueMs: number;
  };
  readonly limits: { readonly headerBytes: number; readonly bodyBytes: number | null };
  /** Fields that say who a client is, lower case. */
  readonly saysWho: (name: string) => boolean;
  readonly lookUp: LookUp | undefined;
  readonly logger: Logger;
}

/** One service as a side. */
export interface ServiceSide {
  readonly side: Side;
  /** Where it is called by methods. */
  readonly service: RouterService | null;
  /** Where it is asked over connections of the router's own. */
  readonly upstream: Upstream | null;
  /** Where it is told who users are. */
  readonly identities?: Identities;
}

/**
 * A kind of service that a router asks by settings: a folder beside this file, with the settings' schema, and its lines in `kinds.ts`.
 * `Settings`: what the schema made of a router's options.
 */
export interface ServiceKind<Settings extends { readonly kind: string }> {
  open(settings: Settings, ground: SideGround): ServiceSide;
  /** How it is asked for shadows, of which at most `connections` are under way at a time. */
  forShadows(settings: Settings, connections: number): Settings;
}
