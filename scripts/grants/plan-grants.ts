import type { BanyanConfig, FeatureConfig } from '../../control/config/index.ts';
import { statePrivileges } from '../../control/store/state-privileges.ts';
import {
  accountName,
  type CaptureKind,
  type DatabaseEndpoint,
  grantStatements,
  moverPrivileges,
  type NeededPrivilege,
  sideTables,
  trustTriggers,
} from '../../mover/index.ts';
import { type AccountFacts, readAccount } from './read-account.ts';
import { readGreeting } from './read-greeting.ts';

/** What one account needs on one server, over everything that it is used for. */
export interface AccountGrants {
  readonly server: string;
  readonly user: string;
  /** Null where the server cannot be reached: then the list is that of MySQL. */
  readonly engine: 'mysql' | 'mariadb' | null;
  /** False where there may be no such account yet. */
  readonly signsIn: boolean;
  /** `legacy`, `service of product`, `state`. */
  readonly roles: readonly string[];
  readonly statements: readonly string[];
  /** Settings of the server that the account depends on. */
  readonly settings: readonly string[];
  readonly needed: readonly NeededPrivilege[];
}

interface Role {
  readonly name: string;
  readonly endpoint: DatabaseEndpoint;
  needs(engine: 'mysql' | 'mariadb'): NeededPrivilege[];
}

/** The accounts of a config and what each must be allowed, for every step of these features. Changes nothing. */
export async function planGrants(
  config: BanyanConfig,
  features: readonly FeatureConfig[],
  host: string,
): Promise<AccountGrants[]> {
  const accounts = Map.groupBy(
    rolesOf(config, features),
    ({ endpoint }) => `${endpoint.user}@${endpoint.host}:${endpoint.port}`,
  );
  const plans: AccountGrants[] = [];
  for (const roles of accounts.values()) {
    const { endpoint } = roles[0] as Role;
    const facts = await readAccount(endpoint);
    const engine = facts?.engine ?? (await readGreeting(endpoint));
    plans.push(planAccount(roles, engine, facts, host));
  }
  return plans;
}

function planAccount(
  roles: readonly Role[],
  engine: AccountGrants['engine'],
  facts: AccountFacts | null,
  host: string,
): AccountGrants {
  const { endpoint } = roles[0] as Role;
  const needed = roles.flatMap((role) => role.needs(engine ?? 'mysql'));
  const account = facts?.account ?? accountName(endpoint.user, host);
  return {
    server: `${endpoint.host}:${endpoint.port}`,
    user: endpoint.user,
    engine,
    signsIn: facts !== null,
    roles: roles.map((role) => role.name),
    statements: [
      ...(facts === null ? [`CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '…';`] : []),
      ...grantStatements(needed, account),
    ],
    settings: facts?.settings ?? [trustTriggers],
    needed,
  };
}

function rolesOf(config: BanyanConfig, features: readonly FeatureConfig[]): Role[] {
  const bookkeepingSchema = config.state.database;
  const movers = features.flatMap((feature) => {
    const { database, tables } = feature;
    if (database === null || tables.length === 0) return [];
    const side = (
      name: string,
      endpoint: DatabaseEndpoint,
      makesTables: boolean,
      capture: CaptureKind,
    ): Role => ({
      name,
      endpoint,
      needs: (engine) =>
        moverPrivileges({
          ...{ engine, database: endpoint.database, bookkeepingSchema, makesTables, capture },
          tables: sideTables({ tables }, makesTables ? 'target' : 'source'),
        }),
    });
    return [
      side(`legacy of ${feature.name}`, config.legacy.database, false, feature.capture.legacy),
      side(`service of ${feature.name}`, database, true, feature.capture.service),
    ];
  });
  return [
    { name: 'state store', endpoint: config.state, needs: () => statePrivileges(bookkeepingSchema) },
    ...movers,
  ];
}
