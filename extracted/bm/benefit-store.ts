import { createHash } from 'node:crypto';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Benefit, Redemption } from './benefit.ts';
import { alreadyRedeemed, ended, keyReused, noSuchBenefit, noSuchRedemption, soldOut } from './refusals.ts';
import type { NewBenefit } from './requests.ts';

type Item = Record<string, AttributeValue>;

export interface BenefitPage {
  readonly benefits: readonly Benefit[];
  /** The id to go on after; null on the last page. */
  readonly next: string | null;
}

export interface BenefitStoreOptions {
  readonly client: DynamoDBClient;
  readonly table: string;
  readonly clock?: () => Date;
}

/**
 * Benefits in one DynamoDB table. Each is two items of its shop's partition: what it is (`BENEFIT#id`, never changed), and who has redeemed
 * it (`REDEEMED#id`), with all that a redemption depends on: whether it is granted is one conditional write, whatever runs beside it.
 */
export class BenefitStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #clock: () => Date;

  constructor({ client, table, clock = () => new Date() }: BenefitStoreOptions) {
    this.#client = client;
    this.#table = table;
    this.#clock = clock;
  }

  /** The same key again: the same benefit. @throws Refusal 422 when the key came with another benefit. */
  async create(shopId: number, wanted: NewBenefit, idempotencyKey: string): Promise<Benefit> {
    const id = digest(`${shopId} ${idempotencyKey}`).slice(0, 32);
    const fingerprint = digest(
      JSON.stringify([wanted.name, wanted.percentOff, wanted.quantity, wanted.endsAt]),
    );
    // Redemptions first: a benefit that can be seen can be redeemed. After a failure in between, the same request puts the rest there.
    const counted = { quantity: number(wanted.quantity), left: number(wanted.quantity), members: { M: {} } };
    const endsAt: Item = wanted.endsAt === null ? {} : { endsAt: text(wanted.endsAt) };
    const { percentOff, name } = wanted;
    const shared = { fingerprint: text(fingerprint), percentOff: number(percentOff), ...endsAt };
    await this.#putOnce({ ...keyOf(shopId, 'REDEEMED', id), ...shared, ...counted }, fingerprint);
    const createdAt = text(this.#clock().toISOString());
    const about = { ...shared, name: text(name), quantity: counted.quantity, createdAt };
    return toBenefit(await this.#putOnce({ ...keyOf(shopId, 'BENEFIT', id), ...about }, fingerprint));
  }

  /** By id. */
  async page(
    shopId: number,
    { limit, after }: { limit: number; after: string | null },
  ): Promise<BenefitPage> {
    const from = after === null ? 'BENEFIT#' : `BENEFIT#${after}`;
    const { Items = [] } = await this.#client.send(
      new QueryCommand({
        TableName: this.#table,
        KeyConditionExpression: 'pk = :shop AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':shop': text(`SHOP#${shopId}`),
          // The least that comes after it.
          ':from': text(after === null ? from : `${from}!`),
          ':to': text('BENEFIT#~'),
        },
        Limit: limit + 1,
        ConsistentRead: true,
      }),
    );
    const benefits = Items.map(toBenefit);
    if (benefits.length <= limit) return { benefits, next: null };
    const page = benefits.slice(0, limit);
    return { benefits: page, next: page.at(-1)!.id };
  }

  /** @throws Refusal 404 */
  async get(shopId: number, id: string): Promise<Benefit & { readonly left: number }> {
    const [about, redeemed] = await Promise.all([
      this.#read(keyOf(shopId, 'BENEFIT', id)),
      this.#read(keyOf(shopId, 'REDEEMED', id), 'left'),
    ]);
    if (about === undefined || redeemed === undefined) throw noSuchBenefit();
    return { ...toBenefit(about), left: Number(redeemed.left?.N) };
  }

  /**
   * Once for each member, `quantity` times in all. The same member with the same key again gets the same redemption: a client, or the SDK,
   * may send a request a second time when the first one's answer was lost.
   *
   * @throws Refusal 404; 409 when this member has redeemed it with another key, when it is sold out or has ended
   */
  async redeem(shopId: number, id: string, memberId: string, idempotencyKey: string): Promise<Redemption> {
    const now = this.#clock().toISOString();
    const key = keyOf(shopId, 'REDEEMED', id);
    const record: Item = { at: text(now), key: text(digest(idempotencyKey).slice(0, 32)) };
    try {
      const { Attributes } = await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: key,
          UpdateExpression: 'SET #members.#member = :record, #left = #left - :one',
          ConditionExpression:
            'attribute_not_exists(#members.#member) AND #left > :zero AND (attribute_not_exists(#ends) OR #ends > :now)',
          ExpressionAttributeNames: {
            '#members': 'members',
            '#member': memberId,
            '#left': 'left',
            '#ends': 'endsAt',
          },
          ExpressionAttributeValues: {
            ':record': { M: record },
            ':one': number(1),
            ':zero': number(0),
            ':now': text(now),
          },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return toRedemption(id, memberId, Attributes!);
    } catch (error) {
      if (!isRefusedCondition(error)) throw error;
    }
    // Why it was refused; what is read here is at least as new as what refused it.
    const standing = await this.#read(key);
    if (standing === undefined) throw noSuchBenefit();
    const earlier = standing.members?.M?.[memberId]?.M;
    if (earlier === undefined) {
      throw Number(standing.left?.N) > 0 ? ended() : soldOut();
    }
    if (earlier.key?.S !== record.key?.S) throw alreadyRedeemed();
    return toRedemption(id, memberId, standing);
  }

  /** @throws Refusal 404 */
  async redemption(shopId: number, id: string, memberId: string): Promise<Redemption> {
    const item = await this.#read(keyOf(shopId, 'REDEEMED', id));
    if (item === undefined) throw noSuchBenefit();
    if (item.members?.M?.[memberId] === undefined) throw noSuchRedemption();
    return toRedemption(id, memberId, item);
  }

  /** The item as it stands now: this one, or the one that was there before with the same fingerprint. */
  async #putOnce(item: Item, fingerprint: string): Promise<Item> {
    try {
      const Item = item;
      const condition = 'attribute_not_exists(pk)';
      await this.#client.send(
        new PutItemCommand({ TableName: this.#table, Item, ConditionExpression: condition }),
      );
      return item;
    } catch (error) {
      if (!isRefusedCondition(error)) throw error;
    }
    const standing = await this.#read({ pk: item.pk!, sk: item.sk! });
    if (standing?.fingerprint?.S !== fingerprint) throw keyReused();
    return standing;
  }

  async #read(key: Item, attribute?: string): Promise<Item | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#table,
        Key: key,
        ConsistentRead: true,
        ...(attribute !== undefined && {
          ProjectionExpression: '#attribute',
          ExpressionAttributeNames: { '#attribute': attribute },
        }),
      }),
    );
    return Item;
  }
}

function keyOf(shopId: number, kind: 'BENEFIT' | 'REDEEMED', id: string): Item {
  return { pk: text(`SHOP#${shopId}`), sk: text(`${kind}#${id}`) };
}

function toBenefit(item: Item): Benefit {
  return {
    id: item.sk!.S!.slice('BENEFIT#'.length),
    shopId: Number(item.pk!.S!.slice('SHOP#'.length)),
    name: item.name!.S!,
    percentOff: Number(item.percentOff!.N),
    quantity: Number(item.quantity!.N),
    endsAt: item.endsAt?.S ?? null,
    createdAt: item.createdAt!.S!,
  };
}

function toRedemption(benefitId: string, memberId: string, item: Item): Redemption {
  const redeemedAt = item.members!.M![memberId]!.M!.at!.S!;
  return { benefitId, memberId, percentOff: Number(item.percentOff!.N), redeemedAt };
}

function isRefusedCondition(error: unknown): boolean {
  return error instanceof ConditionalCheckFailedException;
}

function digest(of: string): string {
  return createHash('sha256').update(of).digest('hex');
}

const text = (S: string): AttributeValue => ({ S });
const number = (N: number): AttributeValue => ({ N: String(N) });
