/** A name of the IDL in the case that an API has. */
export type NameCase = (name: string) => string;

/** Words begin behind `_`, at a capital behind a small letter or digit, and at the last of several capitals. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .split('_')
    .filter((word) => word !== '');
}

/** Underscores in front stay: `_id` is no word. */
function cased(join: string, wordAt: (word: string, i: number) => string): NameCase {
  return (name) => {
    const front = /^_*/.exec(name)![0];
    return front + wordsOf(name).map(wordAt).join(join);
  };
}

const lower = (word: string): string => word.toLowerCase();
const capital = (word: string): string => word[0]!.toUpperCase() + word.slice(1).toLowerCase();

/** By what `api.case` says. */
export const nameCases = {
  as_is: (name: string): string => name,
  camel: cased('', (word, i) => (i === 0 ? lower(word) : capital(word))),
  pascal: cased('', capital),
  snake: cased('_', lower),
  kebab: cased('-', lower),
} satisfies Record<string, NameCase>;
