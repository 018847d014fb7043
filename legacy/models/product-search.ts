import type { Knex } from 'knex';
import { type Product, toProduct } from './product.ts';

/** More words than that narrow nothing down, and each costs a look into the index. */
const MAX_WORDS = 6;
/** MySQL refuses a phrase of very many pairs; so long a beginning tells words apart well enough. */
const MAX_LENGTH = 40;

/**
 * Products with all the words in their name or description, the newest first.
 *
 * The full-text index answers what it can. MySQL's has the ngram parser, which cuts texts into pairs of characters: a quoted
 * phrase finds any part of a word from two characters on, `그컵` in `머그컵을`. MariaDB has no parser for Korean: its index
 * holds what stands between spaces, in three characters or more, so a prefix finds `Lamp` in `Lamps`, but neither `담요` (too
 * short) nor `컵` in `머그컵`. There, and for single characters on MySQL, the word is looked for with LIKE: that reads every
 * row, and was quick enough for as long as the shop had one database.
 */
export async function searchProducts(
  database: Knex,
  words: readonly string[],
  { shopId, limit }: { readonly shopId: number | undefined; readonly limit: number },
): Promise<readonly Product[]> {
  const ngrams = !(await isMariaDb(database));
  const query = database('products').where({ status: 'live' }).orderBy('id', 'desc').limit(limit);
  if (shopId !== undefined) query.where({ shop_id: shopId });
  for (const word of words) {
    const indexed = ngrams ? [...word].length >= 2 : /^[a-z0-9]{3,}$/i.test(word);
    if (indexed) {
      const asked = ngrams ? `"${word}"` : `+${word}*`;
      query.whereRaw('match(name, description) against (? in boolean mode)', [asked]);
    } else {
      const pattern = `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`;
      query.where((either) => either.whereILike('name', pattern).orWhereILike('description', pattern));
    }
  }
  return (await query.select('*')).map(toProduct);
}

/** The words of a search: letters and digits, so that none is an operator of the index's query language. */
export function searchWords(text: string): readonly string[] {
  const words = text.normalize('NFC').match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const short = words.map((word) => [...word].slice(0, MAX_LENGTH).join(''));
  return [...new Set(short)].slice(0, MAX_WORDS);
}

const kinds = new WeakMap<Knex, Promise<boolean>>();

function isMariaDb(database: Knex): Promise<boolean> {
  const known = kinds.get(database);
  if (known !== undefined) return known;
  const asked = database
    .raw('select version() as version')
    .then(([[row]]: [[{ version: string }]]) => /mariadb/i.test(row.version));
  kinds.set(database, asked);
  // Asked anew next time, where the server did not answer.
  asked.catch(() => kinds.delete(database));
  return asked;
}
