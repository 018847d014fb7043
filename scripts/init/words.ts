/** `order_items` and `orderItems` → `order`, `items`. */
export function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** English plurals as names have them: `categories`, `boxes`, `products`; of others the word itself. */
export function singular(word: string): string {
  if (/ies$/i.test(word) && word.length > 4) return word.replace(/ies$/i, 'y');
  if (/(ss|x|ch|sh|z)es$/i.test(word)) return word.replace(/es$/i, '');
  if (/[^su]s$/i.test(word) && word.length > 3) return word.replace(/s$/i, '');
  return word;
}

/** Two names of one thing have one key: `orderItems`, `order-item`, `order_items`. */
export function nameKey(name: string): string {
  const words = wordsOf(name);
  return [...words.slice(0, -1), singular(words.at(-1) ?? '')].join('_');
}

export function camelCase(name: string): string {
  return wordsOf(name)
    .map((word, at) => (at === 0 ? word : word[0]?.toUpperCase() + word.slice(1)))
    .join('');
}

export function pascalCase(name: string): string {
  const text = camelCase(name);
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;
}

/** Of a feature's service in its IDL. */
export function serviceName(feature: string): string {
  return `${pascalCase(feature)}Service`;
}
