import type { Random } from './random.ts';
import type { SeedRow } from './rows.ts';
import { dateTime } from './rows.ts';
import * as words from './words.ts';

/** Rows of one table, in an order that its foreign keys allow. */
export interface SeedTable {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly SeedRow[];
}

/** `shop-demo`, hashed at a price that lets a test log in often. */
const passwordHash = 'scrypt$1024$8$1$gKbefdJVAriMs8KPkSuftg==$F29IrDQtIOOctpWGwz/enOstTRfVUgiLF9J/ezOyPOw=';

/** The first user is the staff's, the next own a shop each, the others buy. */
export function userRows(random: Random, users: number, shops: number): SeedTable {
  const rows = Array.from({ length: users }, (_, index): SeedRow => {
    const id = index + 1;
    const role = id === 1 ? 'admin' : id <= shops + 1 ? 'owner' : 'user';
    const email = id === 1 ? 'admin@example.com' : `${role}${id}@example.com`;
    return [id, email, random.pick(words.people), passwordHash, role, dateTime(random, 1)];
  });
  return { table: 'users', columns: ['id', 'email', 'name', 'password_hash', 'role', 'created_at'], rows };
}

/** Sessions that ran out: nobody knows their tokens. */
export function sessionRows(random: Random, users: number): SeedTable {
  const rows = Array.from({ length: Math.ceil(users / 10) }, (_, index): SeedRow => {
    const token = Array.from({ length: 64 }, () => random.between(0, 15).toString(16)).join('');
    const created = dateTime(random, 8);
    return [token, index + 1, created, created];
  });
  return { table: 'sessions', columns: ['token_hash', 'user_id', 'created_at', 'expires_at'], rows };
}

export function ownerRows(users: number, shops: number): SeedTable {
  const rows: SeedRow[] = [];
  for (let shop = 1; shop <= shops && shop + 1 <= users; shop++) rows.push([shop, shop + 1]);
  return { table: 'shop_owners', columns: ['shop_id', 'user_id'], rows };
}

export function likeRows(random: Random, users: number, products: readonly SeedRow[]): SeedTable {
  const rows: SeedRow[] = [];
  for (let user = 1; user <= users && products.length > 0; user++) {
    const liked = new Set(Array.from({ length: random.between(0, 6) }, () => random.pick(products)[0]!));
    for (const product of liked) rows.push([user, product, dateTime(random, 2)]);
  }
  return { table: 'product_likes', columns: ['user_id', 'product_id', 'created_at'], rows };
}
