import type { EngineKind } from '../sql/session.ts';

export interface TranslatedCollation {
  readonly charset: string;
  readonly collation: string;
  /** The same strings are equal, in the same order. */
  readonly exact: boolean;
}

/** MySQL's languages of the 0900 collations and MariaDB's of the uca1400 ones. */
const languages: Readonly<Record<string, string>> = {
  cs: 'czech',
  da: 'danish',
  de_pb: 'german2',
  eo: 'esperanto',
  es: 'spanish',
  es_trad: 'spanish2',
  et: 'estonian',
  hr: 'croatian',
  hu: 'hungarian',
  is: 'icelandic',
  la: 'roman',
  lt: 'lithuanian',
  lv: 'latvian',
  pl: 'polish',
  ro: 'romanian',
  sk: 'slovak',
  sl: 'slovenian',
  sv: 'swedish',
  tr: 'turkish',
  vi: 'vietnamese',
};
const codes = new Map(Object.entries(languages).map(([code, name]) => [name, code]));

/** Other names for the same thing. MariaDB's croatian_ci is younger than MySQL's, which it keeps as croatian_mysql561_ci. */
const sameRules: readonly (readonly [mysql: string, mariadb: string])[] = [
  ['utf8mb4_0900_bin', 'utf8mb4_nopad_bin'],
  ...['utf8mb3', 'utf8mb4', 'ucs2', 'utf16', 'utf32'].map(
    (charset) => [`${charset}_croatian_ci`, `${charset}_croatian_mysql561_ci`] as const,
  ),
];

/** Whether two collations, of servers of any engine, call the same strings equal and put them into the same order. */
export function collationsAgree(one: string | null, other: string | null): boolean {
  return one === other || sameRules.some((pair) => pair.includes(one ?? '') && pair.includes(other ?? ''));
}

/** Null where the other engine lacks the character set. Else the nearest collation that it has. */
export function translateCollation(
  collation: string,
  from: EngineKind,
  to: EngineKind,
): TranslatedCollation | null {
  const charset = collation.split('_')[0] ?? '';
  const exactly = (name: string) => ({ charset, collation: name, exact: true });
  if (from === to) return exactly(collation);
  if (charset === 'gb18030') return null;
  const twin = sameRules.find((pair) => pair[from === 'mysql' ? 0 : 1] === collation);
  if (twin) return exactly(twin[from === 'mysql' ? 1 : 0]);
  const nearest = from === 'mysql' ? nearestOfMariadb(collation) : nearestOfMysql(collation, charset);
  return nearest === null ? exactly(collation) : { charset, collation: nearest, exact: false };
}

function nearestOfMariadb(collation: string): string | null {
  const match = /^utf8mb4_(?:(?<code>[a-z_]+)_)?0900_(?<rule>(?:ai|as)_c[is])(?:_ks)?$/.exec(collation);
  if (!match?.groups) return null;
  const language = languages[match.groups.code ?? ''];
  return `utf8mb4_uca1400_${language ? `${language}_` : ''}nopad_${match.groups.rule}`;
}

function nearestOfMysql(collation: string, charset: string): string | null {
  const match = /_uca1400_(?:(?<language>[a-z0-9]+)_)?(?<pad>nopad_)?(?<rule>(?:ai|as)_c[is])$/.exec(
    collation,
  );
  if (match?.groups) {
    const language = match.groups.language === 'nopad' ? undefined : match.groups.language;
    if (charset !== 'utf8mb4') return `${charset}_unicode_520_ci`;
    const code = codes.get(language ?? '');
    // MySQL's languages have ai_ci and as_cs only, and no collation is ai_cs.
    const rule =
      match.groups.rule === 'ai_ci' || (match.groups.rule === 'as_ci' && !code) ? match.groups.rule : 'as_cs';
    return `utf8mb4_${code ? `${code}_` : ''}0900_${rule}`;
  }
  if (/_nopad_bin$/.test(collation)) return `${charset}_bin`;
  if (/_nopad_ci$/.test(collation)) {
    return charset === 'utf8mb4' ? 'utf8mb4_0900_ai_ci' : collation.replace('_nopad', '');
  }
  if (/_(croatian_ci|myanmar_ci|thai_520_w2)$/.test(collation)) return `${charset}_unicode_520_ci`;
  return null;
}
