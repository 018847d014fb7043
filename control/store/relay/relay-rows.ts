import type { Knex } from 'knex';
import { leaseMicros } from './fleet.ts';
import { type RelayPlace, relayPlaceSchema } from './relay-message.ts';

/** What routers are told with each answer. */
export interface FleetNews {
  readonly version: number;
  readonly reload: number;
  readonly counting: boolean;
}

/**
 * Renews the leases of replicas that say the same, in one statement: `version` and `drained` (JSON) are what they decide by and have
 * ended. A report that is older than what stands changes nothing: within one version a replica only ends more. Returns how many were
 * renewed.
 */
export async function renewTogether(
  knex: Knex,
  replicas: readonly string[],
  said: { readonly version: number; readonly drained: string },
  leaseMs: number,
): Promise<number> {
  const { version, drained } = said;
  return knex('state_replicas')
    .whereIn('replica', [...replicas])
    .andWhere((older) =>
      older
        .where('version', '<', version)
        .orWhere((same) =>
          same.where({ version }).andWhereRaw('CHAR_LENGTH(drained) <= CHAR_LENGTH(?)', [drained]),
        ),
    )
    .update({
      ...{ version, drained },
      beat_at: knex.raw('NOW(3)'),
      lease_until: knex.raw('NOW(3) + INTERVAL ? MICROSECOND', [leaseMicros(leaseMs)]),
    });
}

export async function readFleetNews(knex: Knex): Promise<FleetNews> {
  const row: { version: number; reload: number; counting: number | null } | undefined = await knex(
    'state_route_table',
  )
    .where({ id: 1 })
    .first('version', 'reload', knex.raw('counts_until > NOW(3) AS counting'));
  return {
    version: Number(row?.version ?? 0),
    reload: Number(row?.reload ?? 0),
    counting: row?.counting === 1,
  };
}

/** Says where the relay is; null: there is none. */
export async function publishRelay(knex: Knex, place: RelayPlace | null): Promise<void> {
  await knex('state_route_table')
    .where({ id: 1 })
    .update({ relay: place === null ? null : JSON.stringify(place) });
}

/** Takes back what this relay published, unless another has taken its place. */
export async function withdrawRelay(knex: Knex, place: RelayPlace): Promise<void> {
  await knex('state_route_table')
    .where({ id: 1, relay: JSON.stringify(place) })
    .update({ relay: null });
}

/** Null: none, or one of a later version that says it in another way. */
export function parseRelay(text: string | null): RelayPlace | null {
  if (text === null) return null;
  const parsed = relayPlaceSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}
