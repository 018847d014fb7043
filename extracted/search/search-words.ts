/** As the monolith has it: more words narrow nothing down, and so long a beginning tells words apart. */
const maxQueryLength = 200;
const maxWords = 6;
const maxWordLength = 40;

/** A word of a text, with the characters that MariaDB's full-text parser takes as part of one. */
const wordOfText = /[\p{L}\p{M}\p{N}_]+/gu;

/** The words of a search as the monolith takes them from `q`: letters, marks and digits. Pure. */
export function searchWords(q: string): readonly string[] {
  const words =
    q
      .slice(0, maxQueryLength)
      .normalize('NFC')
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const short = words.map((word) => [...word].slice(0, maxWordLength).join(''));
  return [...new Set(short)].slice(0, maxWords);
}

/**
 * Texts that the tables' collation (utf8mb4_unicode_ci) takes for equal become equal here: letter case, accents, full and half width,
 * hiragana and katakana. Hangul is left as it is: taken apart, `각` would begin with `가`. Pure.
 */
export function fold(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[^\p{ASCII}\p{Script=Hangul}]/gu, plain)
    .toLowerCase()
    .replaceAll('ς', 'σ');
}

/** One character without its marks; where it stands for several, as `½` does, itself. */
function plain(character: string): string {
  const [wide, narrow] = (['NFD', 'NFKD'] as const).map((form) =>
    character.normalize(form).replace(/\p{M}+/gu, ''),
  );
  const kept = [...narrow!].length > 1 ? wide! : narrow!;
  return kept.replace(/[\u3041-\u3096]/gu, (kana) => String.fromCodePoint(kana.codePointAt(0)! + 0x60));
}

/** Texts as they are searched: folded words, a space before each and one at the end. Pure. */
export function searchText(...texts: readonly string[]): string {
  const words = texts.flatMap((text) => fold(text).match(wordOfText) ?? []);
  return ` ${words.join(' ')} `;
}

/** `part`: any part of a word is found, as by MySQL's ngram parser. `beginning`: of plain English words only the beginning, as by MariaDB's. */
export type WordMatch = 'part' | 'beginning';

/** What a `searchText` must contain to have the word. Pure. */
export function needleOf(word: string, match: WordMatch): string {
  return match === 'beginning' && /^[a-z0-9]{3,}$/i.test(word) ? ` ${fold(word)}` : fold(word);
}
