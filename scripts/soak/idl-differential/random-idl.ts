/** Makes IDLs that a team might write: what is used is declared before, most of it rightly. */
export function randomIdl(random: () => number): string {
  return new IdlMaker(random).file();
}

const words = [
  'order',
  'item',
  'shop',
  'user',
  'page',
  'total',
  'note',
  'state',
  'price',
  'kind',
  'label',
  'owner',
];
const bases = ['bool', 'byte', 'i8', 'i16', 'i32', 'i64', 'double', 'string', 'binary'];
const verbs = ['get', 'post', 'put', 'delete'];

class IdlMaker {
  readonly #random: () => number;
  readonly #structs: string[] = [];
  readonly #exceptions: string[] = [];
  readonly #enums: (readonly [name: string, members: readonly string[]])[] = [];
  readonly #typedefs: string[] = [];
  readonly #integers: string[] = [];
  #names = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  file(): string {
    const parts = [this.#some(['', 'namespace js shop.made\n', 'namespace go made\nnamespace * made\n'])];
    const count = 3 + this.#below(8);
    for (let i = 0; i < count; i++) parts.push(this.#definition());
    if (this.#likely(0.8)) parts.push(this.#service());
    return parts.join(this.#some(['\n', '\n\n', '\n// and\n', '\n/* more */\n']));
  }

  #definition(): string {
    return this.#some([
      () => this.#enum(),
      () => this.#const(),
      () => this.#typedef(),
      () => this.#struct('struct'),
      () => this.#struct('struct'),
      () => this.#struct('exception'),
      () => this.#struct('union'),
    ])();
  }

  #enum(): string {
    const name = this.#name(true);
    const members = Array.from({ length: 1 + this.#below(4) }, () => this.#name(true));
    this.#enums.push([name, members]);
    let value = this.#below(3);
    const texts = members.map((member) => {
      value += 1 + this.#below(3);
      return member + this.#some(['', ` = ${value}`, ` = 0x${value.toString(16)}`]);
    });
    // A member without a number goes on from the one before, and may meet one that was said.
    return `enum ${name} { ${texts.join(this.#separator())} }${this.#annotations()}`;
  }

  #const(): string {
    const name = this.#name(true);
    const type = this.#some([
      ...bases,
      'list<i32>',
      'map<string, i64>',
      'set<string>',
      ...this.#enums.map(([one]) => one),
    ]);
    if (type === 'i32') this.#integers.push(name);
    return `const ${type} ${name} = ${this.#value(type)}${this.#some(['', ';', ','])}`;
  }

  #typedef(): string {
    const type = this.#type();
    const name = this.#name(true);
    this.#typedefs.push(name);
    return `typedef ${type} ${name}${this.#annotations()}`;
  }

  #struct(kind: 'struct' | 'exception' | 'union'): string {
    const name = this.#name(true);
    let id = 0;
    const fields = Array.from({ length: this.#below(6) }, () => {
      id += 1 + this.#below(3);
      return this.#field(id, kind === 'union');
    });
    const text = `${kind} ${name} { ${fields.join(this.#separator())} }${this.#annotations()}`;
    (kind === 'exception' ? this.#exceptions : this.#structs).push(name);
    return text;
  }

  #field(id: number, isOfUnion: boolean): string {
    const type = this.#type();
    const needed = isOfUnion ? '' : this.#some(['', '', 'required ', 'optional ']);
    const isPlain = bases.includes(type) || this.#enums.some(([name]) => name === type);
    const value = !isOfUnion && isPlain && this.#likely(0.25) ? ` = ${this.#value(type)}` : '';
    return `${id}: ${needed}${type} ${this.#name()}${value}${this.#annotations()}`;
  }

  #service(): string {
    const methods = Array.from({ length: 1 + this.#below(4) }, () => this.#method());
    return `service ${this.#name(true)} { ${methods.join(this.#separator())} }${this.#annotations()}`;
  }

  #method(): string {
    const isOneway = this.#likely(0.1);
    let id = 0;
    const args = Array.from({ length: this.#below(4) }, () => {
      id += 1;
      return `${id}: ${this.#type()} ${this.#name()}`;
    });
    const throwing = !isOneway && this.#exceptions.length > 0 && this.#likely(0.4);
    const throws = throwing ? ` throws (1: ${this.#some(this.#exceptions)} ${this.#name()})` : '';
    const result = isOneway ? 'oneway void' : this.#likely(0.2) ? 'void' : this.#type();
    const http = this.#likely(0.5) ? ` (api.${this.#some(verbs)} = "/${this.#name()}/${this.#name()}")` : '';
    return `${result} ${this.#name()}(${args.join(', ')})${throws}${http}`;
  }

  #type(depth = 0): string {
    const named = [...this.#structs, ...this.#typedefs, ...this.#enums.map(([name]) => name)];
    if (named.length > 0 && this.#likely(0.3)) return this.#some(named);
    if (depth > 2 || this.#likely(0.7)) return this.#some(bases);
    const inner = () => this.#type(depth + 1);
    return this.#some([
      () => `list<${inner()}>`,
      () => `set<${this.#some(bases)}>`,
      () => `map<${this.#some(['string', 'i32', 'i64'])},${inner()}>`,
    ])();
  }

  #value(type: string): string {
    const members = this.#enums.find(([name]) => name === type)?.[1];
    if (members !== undefined) return `${type}.${this.#some(members)}`;
    switch (type) {
      case 'bool':
        return this.#some(['true', 'false', '1', '0']);
      case 'byte':
      case 'i8':
        return String(this.#below(256) - 128);
      case 'i16':
      case 'i32':
      case 'i64':
        return this.#some([String(this.#below(1000)), `-${this.#below(1000)}`, '0x1f', ...this.#integers]);
      case 'double':
        return this.#some(['1', '1.5', '-2.25e-3', '1e10', '.5']);
      case 'list<i32>':
        return this.#some(['[]', '[1, 2, 3]', '[1 2 3]', '[1;2;]']);
      case 'set<string>':
        return this.#some(['[]', '["a", "b"]']);
      case 'map<string, i64>':
        return this.#some(['{}', '{"a": 1, "b": 2}', "{'a': 1}"]);
      default:
        return this.#some(['"text"', "'it is'", '""', '"\\n\\t"', '"가마"']);
    }
  }

  #annotations(): string {
    if (this.#likely(0.8)) return '';
    return this.#some([
      ' (note = "x")',
      ' (a.b = "x", c)',
      ' (why = \'it is "so"\')',
      ' ()',
      ' (x = "1"; y = "2")',
    ]);
  }

  #separator(): string {
    return this.#some([', ', '; ', ' ', '\n  ', ',\n  ']);
  }

  /** A fresh one, mostly. */
  #name(isType = false): string {
    this.#names += 1;
    const word = this.#some(words);
    const name = isType ? word[0]!.toUpperCase() + word.slice(1) : word;
    return this.#likely(0.02) ? name : `${name}${this.#some(['', '_'])}${this.#names}`;
  }

  #likely(share: number): boolean {
    return this.#random() < share;
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  #some<T>(all: readonly T[]): T {
    return all[this.#below(all.length)]!;
  }
}
