/** Words that TypeScript takes for no name of a type, a constant or a parameter. */
const keywords =
  `any arguments as async await bigint boolean break case catch class const continue debugger declare default
  delete do else enum eval export extends false finally for function if implements import in instanceof interface let never
  new null number object package private protected public return static string super switch symbol this throw true try
  type typeof undefined unknown var void while with yield`.split(/\s+/);

/** What the written file uses itself. */
const used = ['CallOptions', 'HandlerContext', 'I64', 'Promise', 'ReadonlyMap', 'ReadonlySet', 'Uint8Array'];

/** Gives each definition a TypeScript name of its own: that of the IDL wherever TypeScript takes it. */
export class TypeNames {
  readonly #names = new Map<object, string>();
  readonly #taken = new Set([...keywords, ...used]);

  /** @param suffixes of the names that are made of it, where not only itself is declared. */
  of(definition: object, qualifiedName: string, suffixes: readonly string[] = ['']): string {
    const known = this.#names.get(definition);
    if (known !== undefined) return known;
    let name = identifier(qualifiedName);
    while (suffixes.some((suffix) => this.#taken.has(name + suffix))) name += '_';
    for (const suffix of suffixes) this.#taken.add(name + suffix);
    this.#names.set(definition, name);
    return name;
  }
}

/** Names of a method's parameters; `others` are those that stand beside them. */
export function parameterNames(names: readonly string[], others: readonly string[]): string[] {
  const taken = new Set([...keywords, ...others]);
  return names.map((name) => {
    let free = name;
    while (taken.has(free)) free += '_';
    taken.add(free);
    return free;
  });
}

function identifier(qualifiedName: string): string {
  const plain = qualifiedName.replace(/[^\p{ID_Continue}$]/gu, '_');
  return /^[\p{ID_Start}_$]/u.test(plain) ? plain : `_${plain}`;
}
