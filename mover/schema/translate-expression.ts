import { closingBracket, joinTokens, type SqlToken, splitAtCommas, sqlTokens } from './sql-tokens.ts';
import type { Expression } from './table-definition.ts';
import type { Translation } from './translation.ts';

const list = (names: string) => new Set(names.split(' '));

/** Functions that only the one engine has, as of MariaDB 10.11 and MySQL 9.7. */
const onlyMysql = list(
  'bin_to_uuid is_uuid json_schema_valid json_schema_validation_report json_storage_free json_storage_size any_value ' +
    'st_latitude st_longitude st_swapxy st_transform st_validate st_geohash st_latfromgeohash st_longfromgeohash ' +
    'st_pointfromgeohash st_frechetdistance st_hausdorffdistance st_lineinterpolatepoint regexp_like ' +
    'string_to_vector to_vector vector_to_string from_vector vector_dim format_bytes format_pico_time statement_digest ' +
    'statement_digest_text random_bytes ps_thread_id roles_graphml member',
);
const onlyMariadb = list(
  'nextval lastval setval next_value_for nvl nvl2 to_char chr sformat natural_sort_key json_exists json_query json_compact ' +
    'json_detailed json_loose json_equals json_normalize column_create column_add column_get column_exists column_list ' +
    'column_check column_delete column_json decode_oracle median percentile_cont add_months trim_oracle encode ' +
    'des_encrypt des_decrypt encrypt old_password password sys_guid kdf spider_direct_sql',
);

/** Older names of spatial functions, which MariaDB prints and MySQL has dropped. */
const spatial = list(
  'srid x y area astext aswkt asbinary aswkb centroid dimension endpoint envelope exteriorring geometryn geometrytype interiorringn isclosed isempty isring issimple numgeometries numinteriorrings numpoints pointn startpoint',
);

/** Expressions that both engines take and compute to different values. */
const computedDifferently: readonly (readonly [RegExp, string])[] = [
  [/(?<![\w/])\/(?!\*)/, 'a division keeps other digits'],
  [
    /\bjson_(extract|unquote|value|object|array|set|insert|replace|remove|merge\w*|keys|length|depth|search)\b/i,
    'JSON is printed in another way',
  ],
  [/\b(greatest|least)\b/i, 'GREATEST and LEAST compare mixed types in another way'],
  [/\bregexp/i, 'the two have different regular expressions (PCRE and ICU)'],
  [/\bcast\(.* as (time|datetime)\b/i, 'fractions of a second are cut on MariaDB and rounded on MySQL'],
];

/** Why an expression may give another value on the other engine; null for what gives the same. */
export function computesDifferently(expression: Expression): string | null {
  const sql = joinTokens(expression.filter((token) => token.kind !== 'string'));
  return computedDifferently.find(([pattern]) => pattern.test(sql))?.[1] ?? null;
}

/** The expression in the target engine's words; what it cannot say is noted as a fault. */
export function translateExpression(
  expression: Expression,
  about: string,
  translation: Translation,
): Expression {
  if (translation.same) return expression;
  const rewritten = translation.to === 'mariadb' ? forMariadb(expression) : forMysql(expression);
  const missing = new Set<string>();
  const unknown = translation.to === 'mariadb' ? onlyMysql : onlyMariadb;
  for (const [index, token] of rewritten.entries()) {
    const called = rewritten[index + 1]?.text === '(' && token.kind === 'word';
    const name = token.text.toLowerCase();
    if (called && unknown.has(name)) missing.add(name.toUpperCase());
    if (translation.to === 'mariadb' && token.kind === 'word') {
      if (name === 'array' && rewritten[index + 1]?.text === ')') missing.add('CAST(… AS … ARRAY)');
      if (name === 'json' && rewritten[index - 1]?.text.toLowerCase() === 'as')
        missing.add('CAST(… AS JSON)');
    }
  }
  if (missing.size > 0) {
    translation.fault(
      `${about} uses ${[...missing].join(', ')}, which ${translation.target} lacks`,
      `Write it with functions that both engines have, or compute the value in the application, or run the service on ${translation.source}.`,
    );
  }
  return rewritten;
}

function forMysql(expression: Expression): Expression {
  return expression.map((token, index) => {
    const called = token.kind === 'word' && expression[index + 1]?.text === '(';
    return called && spatial.has(token.text.toLowerCase()) ? { ...token, text: `st_${token.text}` } : token;
  });
}

/** What connections of banyan speak anyway. */
const introducers = /^_utf8(mb3|mb4)?$/i;

/**
 * MariaDB keeps a check's or generated column's `_utf8mb4'it''s'` as text with the quote laid bare, and then cannot read it
 * (errno 1064): the introducer goes, since the statement's own character set is the same.
 *
 * `regexp_like(a, b)` is the operator, and `uuid_to_bin(a)` a removal of dashes: both have the same values. */
function forMariadb(expression: Expression): Expression {
  const result: SqlToken[] = [];
  for (let at = 0; at < expression.length; at += 1) {
    const token = expression[at] as SqlToken;
    if (introducers.test(token.text) && expression[at + 1]?.kind === 'string') continue;
    const end = expression[at + 1]?.text === '(' ? closingBracket(expression, at + 1) : -1;
    const args = end < 0 ? [] : splitAtCommas(expression.slice(at + 2, end)).map(forMariadb);
    const name = token.kind === 'word' ? token.text.toLowerCase() : '';
    if (name === 'regexp_like' && args.length === 2) {
      result.push(
        ...sqlTokens('('),
        ...(args[0] ?? []),
        ...sqlTokens('REGEXP'),
        ...(args[1] ?? []),
        ...sqlTokens(')'),
      );
    } else if (name === 'uuid_to_bin' && args.length === 1) {
      result.push(...sqlTokens('unhex(replace('), ...(args[0] ?? []), ...sqlTokens(",'-',''))"));
    } else {
      result.push(token);
      continue;
    }
    at = end;
  }
  return result;
}
