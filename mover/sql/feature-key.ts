import { quoteText } from './names.ts';

const text = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';

/** Columns of a table of banyan's that has rows for each feature, by the database of that side: the beginning of its primary key. */
export const featureColumns = `database_name VARCHAR(64) ${text} NOT NULL, feature VARCHAR(190) ${text} NOT NULL`;

/** One feature's rows in such a table: the values of those columns, and the condition that finds them. */
export function featureKey(
  database: string,
  feature: string,
): { readonly values: string; readonly here: string } {
  return {
    values: `${quoteText(database)}, ${quoteText(feature)}`,
    here: `database_name = ${quoteText(database)} AND feature = ${quoteText(feature)}`,
  };
}
