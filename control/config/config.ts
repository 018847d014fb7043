import type { CaptureKind, DatabaseEndpoint, DeferIndexes, TableSpec } from '../../mover/move-spec.ts';
import type { CohortDefinition } from '../../router/cohorts/named-cohorts.ts';
import type { RoutePolicy } from '../../router/table/route-policy.ts';
import type { RouteCall, RouteConstraints, RouteMatching } from '../../router/table/route-table.ts';
import type { Address } from './address.ts';
import type { ParsedConfig } from './config-input.ts';
import type { IdentityConfig } from './identity-input.ts';
import type { ServiceConfig } from './services/index.ts';

/** One route of a feature, as the IDL's annotations and the config declare it. */
export interface ConfiguredRoute {
  /** `METHOD /path/:pattern` plus constraints. */
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly matching?: RouteMatching;
  readonly access: 'read' | 'write';
  readonly constraints?: RouteConstraints;
  readonly call: RouteCall;
  /** Over the feature's. */
  readonly policy?: RoutePolicy;
}

/** What the router is told besides, as it was written; the router has the defaults. */
export type RouterTuning = Pick<
  ParsedConfig['router'],
  | 'hold'
  | 'timeouts'
  | 'limits'
  | 'retries'
  | 'fallback'
  | 'errorBody'
  | 'accessLog'
  | 'paths'
  | 'shadow'
  | 'readYourWritesMs'
  | 'markWrites'
  | 'tls'
  | 'drain'
>;

/** How the router asks the monolith, as it was written; the router has the defaults. */
export type LegacyTuning = Pick<
  ParsedConfig['legacy'],
  'connections' | 'keepAliveMs' | 'nameAgeMs' | 'balance' | 'breaker' | 'healthCheck' | 'tls'
>;

/** A route that writes to tables which do not move with it, as long as legacy answers it. */
export interface AlsoWrites {
  /** `METHOD /path/:pattern`. */
  readonly route: string;
  readonly tables: readonly string[];
  /** False: it stays with legacy whatever moves. */
  readonly moves: boolean;
}

export interface FeatureConfig {
  readonly name: string;
  readonly service: ServiceConfig;
  /** null only where the feature has no tables. */
  readonly database: DatabaseEndpoint | null;
  readonly tables: readonly TableSpec[];
  /** Foreign keys of legacy's that may cross the edge of the tables, by `child table.column`. */
  readonly sever: readonly string[];
  readonly triggers: 'keep' | 'carry';
  readonly generated: 'compare' | 'accept';
  readonly versioned: 'refuse' | 'current';
  /** Secondary indexes of the service's tables are made after the copy: of large ones, of all, or of none. */
  readonly deferIndexes: DeferIndexes;
  /** Changes of its rows are told to a feed; left out: no. */
  readonly feed?: boolean;
  /** False: after the cutover there is no way back. */
  readonly rollback: boolean;
  /** How changes are noted on each side while it owns the rows. */
  readonly capture: { readonly legacy: CaptureKind; readonly service: CaptureKind };
  readonly routes: readonly ConfiguredRoute[];
  /** Routes that write tables of legacy's which do not move with them; left out: none is known. */
  readonly alsoWrites?: readonly AlsoWrites[];
  /** What the policies of its routes are laid over. */
  readonly policy?: RoutePolicy;
  readonly salt: string;
}

/** Of both sides' rows; but for `workers`, of the verify that goes on while a feature is syncing or extracted. */
export interface VerifyConfig {
  /** Chunks that are compared at a time by one that somebody asked for, or a handover. */
  readonly workers: number;
  readonly steadily: boolean;
  /** How old what is known of a row may become, in milliseconds. */
  readonly everyMs: number;
  /** Of its time that it works, 0 to 1. */
  readonly share: number;
}

/** All times in milliseconds. */
export interface CutoverConfig {
  readonly deadlineMs: number;
  readonly lockTimeoutMs: number;
  readonly maxBacklog: number;
  readonly maxTransactionMs: number;
  readonly verifiedWithinMs: number;
  readonly signOff: boolean;
}

/** The config after checking: every default filled in, every name resolved, every path absolute; deeply frozen. */
export interface BanyanConfig {
  /** Absolute path of the file it came from. */
  readonly file: string;
  readonly databases: Readonly<Record<string, DatabaseEndpoint>>;
  /** The state store: the server's endpoint with `database` = banyan's schema. */
  readonly state: DatabaseEndpoint;
  readonly legacy: {
    readonly addresses: readonly string[];
    readonly database: DatabaseEndpoint;
  } & LegacyTuning;
  readonly router: {
    readonly listen: Address;
    readonly identity: readonly string[];
    readonly trustedPeers: readonly string[];
    /** Absolute path. */
    readonly snapshotFile: string;
    readonly admin?: Address;
  } & RouterTuning;
  readonly control: {
    readonly listen: Address;
    /** Absolute path. */
    readonly tokenFile: string;
    /** By name; absolute paths. */
    readonly tokens: Readonly<Record<string, { readonly role: 'read' | 'operate'; readonly file: string }>>;
    /** Absolute paths. */
    readonly tls?: ParsedConfig['control']['tls'];
    readonly allowRemote: boolean;
    readonly replicaLeaseMs: number;
    readonly controlLeaseMs: number;
    readonly requireWhy: boolean;
    readonly copy: {
      readonly workers: number;
      readonly replicas?: readonly DatabaseEndpoint[];
      readonly maxReplicaLagMs?: number;
      readonly minFreeBytes?: number;
    };
    readonly verify: VerifyConfig;
    readonly cutover: CutoverConfig;
  };
  /** There where a service is told who users are. */
  readonly identity?: IdentityConfig;
  readonly cohorts: readonly CohortDefinition[];
  readonly features: Readonly<Record<string, FeatureConfig>>;
}
