import type { Escapes } from '../http/binding.ts';
import type { TextNode } from '../json/nested-text.ts';
import { bytesOf, decodedBytes, eachPair, formText, isEncoded, rawValue } from './parameters.ts';

/** Where the parts of a parameter's name stand: in brackets, behind dots, or nowhere. */
export type PartStyle = 'brackets' | 'dots' | 'none';

/** Names and values as they come, decoded: what a query, an urlencoded body or a multipart body says. */
export type EachText = (onText: (name: string, value: () => string) => void) => void;

/** The pairs of an urlencoded text whose names begin like `root`; only they are decoded. */
export function textsOf(text: string, root: string | null, escapes: Escapes): EachText {
  const begins = root === null ? '' : bytesOf(root);
  return (onText) =>
    eachPair(text, (start, nameEnd, end) => {
      const raw = text.slice(start, nameEnd);
      const isOther = isEncoded(raw)
        ? !decodedBytes(raw).startsWith(begins)
        : root !== null && !raw.startsWith(root);
      if (isOther) return;
      onText(formText(raw, escapes), () => formText(rawValue(text, nameEnd, end), escapes));
    });
}

/**
 * A parameter with its parts: `filter[price][_gt]=1` where they stand in brackets, `filter.price=1` behind dots; an empty part,
 * `tags[]=a`, adds to its texts. null where there is none.
 *
 * @param root null: all parameters are parts. @throws BadValue
 */
export function nestedValue(each: EachText, root: string | null, style: PartStyle): TextNode | null {
  let found: TextNode | null = null;
  each((name, value) => {
    const parts = root === null ? allParts(name, style) : partsBehind(name, root, style);
    if (parts === null) return;
    found ??= { texts: [], parts: new Map() };
    let node: TextNode = found;
    for (const [i, part] of parts.entries()) {
      if (part === '' && i === parts.length - 1) break;
      const key = part === '' ? String(node.parts.size) : part;
      const inner: TextNode = node.parts.get(key) ?? { texts: [], parts: new Map() };
      node.parts.set(key, inner);
      node = inner;
    }
    node.texts.push(value());
  });
  return found;
}

const inBrackets = /^(?:\[[^[\]]*\])*$/;

/** The parts behind a parameter's name; null where it is another name. */
function partsBehind(name: string, root: string, style: PartStyle): string[] | null {
  if (!name.startsWith(root)) return null;
  const rest = name.slice(root.length);
  if (rest === '') return [];
  if (style === 'dots') return rest[0] === '.' ? rest.slice(1).split('.') : null;
  return style === 'brackets' && inBrackets.test(rest) ? rest.slice(1, -1).split('][') : null;
}

/** The name itself as the first part. */
function allParts(name: string, style: PartStyle): string[] {
  if (style === 'dots') return name.split('.');
  const at = style === 'brackets' ? name.indexOf('[') : -1;
  if (at === -1 || !inBrackets.test(name.slice(at))) return [name];
  const behind = name.slice(at + 1, -1).split('][');
  return at === 0 ? behind : [name.slice(0, at), ...behind];
}
