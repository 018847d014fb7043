import type { Annotation, BaseKind, Place } from './model.ts';
import type {
  DefinitionSyntax,
  EnumMemberSyntax,
  FieldSyntax,
  MethodSyntax,
  NameSyntax,
  StatementSyntax,
  TypeSyntax,
  ValueSyntax,
} from './syntax.ts';
import type { ReportAt, Token } from './tokens.ts';

const baseTypes: ReadonlyMap<string, BaseKind> = new Map([
  ['bool', 'bool'],
  ['byte', 'byte'],
  ['i8', 'byte'],
  ['i16', 'i16'],
  ['i32', 'i32'],
  ['i64', 'i64'],
  ['double', 'double'],
  ['string', 'string'],
  ['binary', 'binary'],
]);
const headers = new Set(['include', 'cpp_include', 'namespace']);
const definitions = new Set(['const', 'typedef', 'enum', 'struct', 'union', 'exception', 'service']);
/** Words that are no names. `async`, `slist` and their like are names to every compiler but the official one. */
const keywords = new Set([
  ...headers,
  ...definitions,
  ...baseTypes.keys(),
  ...[
    'extends',
    'throws',
    'senum',
    'list',
    'set',
    'map',
    'required',
    'optional',
    'true',
    'false',
    'void',
    'oneway',
  ],
]);
const correct = 'Correct the syntax at this place.';

/** Whether an item begins with these tokens. */
type ItemStart = (first: Token, second: Token, third: Token) => boolean;

/** Thrown to leave what cannot be read on; its fault is reported. */
class Unreadable extends Error {}

/**
 * Reads tokens by the grammar of the official compiler, and by what Kitex's takes besides (annotations on any type). After a
 * fault it goes on with the next field, method or statement, so that one run finds all.
 */
export class Parser {
  readonly #tokens: readonly Token[];
  readonly #placeAt: (offset: number) => Place;
  readonly #reportAt: ReportAt;
  #next = 0;

  constructor(tokens: readonly Token[], placeAt: (offset: number) => Place, report: ReportAt) {
    this.#tokens = tokens;
    this.#placeAt = placeAt;
    this.#reportAt = report;
  }

  file(): StatementSyntax[] {
    const statements: StatementSyntax[] = [];
    let isAfterHeaders = false;
    while (this.#token.kind !== 'end') {
      const { text, start } = this.#token;
      if (isAfterHeaders && headers.has(text)) {
        this.#reportAt(start, `${text} stands below a definition`, 'Move it to the head of the file.');
      }
      isAfterHeaders ||= definitions.has(text);
      this.#recovering(
        () => statements.push(...this.#statement()),
        () => this.#isStatement(),
      );
    }
    return statements;
  }

  #statement(): StatementSyntax[] {
    const at = this.#place();
    const { text } = this.#token;
    switch (text) {
      case 'include':
        this.#skip();
        return [{ kind: 'include', path: this.#string('the path of the file'), at }];
      case 'cpp_include':
        this.#skip();
        this.#string('the path of the file');
        return [];
      case 'namespace':
        this.#namespace();
        return [];
      case 'senum':
        throw this.#fault('senum is no longer part of Thrift', 'Write string in its stead.');
      default:
        return [this.#definition()];
    }
  }

  #namespace(): void {
    this.#skip();
    if (!this.#take('*')) this.#word('a language');
    if (this.#token.kind === 'string') this.#skip();
    else this.#word('the name of the namespace');
    this.#annotations();
  }

  #definition(): DefinitionSyntax {
    const { text: kind, docs } = this.#token;
    if (this.#token.kind !== 'word' || !definitions.has(kind)) {
      const known = [...definitions].join(', ');
      throw this.#fault(`${JSON.stringify(kind)} begins no definition`, `Begin it with one of ${known}.`);
    }
    this.#skip();
    switch (kind) {
      case 'const': {
        const type = this.#type();
        const name = this.#name('the constant');
        this.#expect('=');
        const value = this.#value();
        // Not of the official grammar.
        this.#annotations();
        this.#separator();
        return { kind, name, type, value };
      }
      case 'typedef': {
        const type = this.#type();
        const name = this.#name('the typedef');
        const annotations = this.#annotations();
        this.#separator();
        return { kind, name, type, annotations };
      }
      case 'enum': {
        const name = this.#name('the enum');
        const members = this.#block('{', '}', () => this.#enumMember(), isMemberStart);
        return { kind, name, members, annotations: this.#annotations(), docs };
      }
      case 'service': {
        const name = this.#name('the service');
        const parent = this.#take('extends') ? this.#reference('the service that it extends') : null;
        const methods = this.#block('{', '}', () => this.#method(), isMethodStart);
        return { kind, name, parent, methods, annotations: this.#annotations(), docs };
      }
      default: {
        const name = this.#name(`the ${kind}`);
        this.#take('xsd_all');
        const fields = this.#block('{', '}', () => this.#field(), isFieldStart);
        const annotations = this.#annotations();
        return { kind: kind as 'struct' | 'union' | 'exception', name, fields, annotations, docs };
      }
    }
  }

  #enumMember(): EnumMemberSyntax {
    const name = this.#memberName('the member');
    const value = this.#take('=') ? this.#integer('a whole number') : null;
    const annotations = this.#annotations();
    this.#separator();
    return { name, value, annotations };
  }

  #field(): FieldSyntax {
    const at = this.#place();
    const { docs } = this.#token;
    let id: bigint | null = null;
    if (this.#token.kind === 'integer') {
      id = this.#integer('the id of the field');
      this.#expect(':');
    }
    const requiredness = this.#take('required') ? 'required' : this.#take('optional') ? 'optional' : null;
    const type = this.#type();
    this.#take('&');
    const { text: name } = this.#memberName('the field');
    const value = this.#take('=') ? this.#value() : null;
    this.#xsd();
    const annotations = this.#annotations();
    this.#separator();
    return { at, id, requiredness, type, name, value, annotations, docs };
  }

  /** What a field may say of XML, which the official grammar still has. */
  #xsd(): void {
    this.#take('xsd_optional');
    this.#take('xsd_nillable');
    if (this.#take('xsd_attrs')) this.#block('{', '}', () => this.#field(), isFieldStart);
  }

  #method(): MethodSyntax {
    const { docs } = this.#token;
    // An older word for it.
    const oneway = this.#take('oneway') || (this.#peek(2).kind === 'word' && this.#take('async'));
    const result = this.#take('void') ? null : this.#type();
    const name = this.#memberName('the method');
    const args = this.#block('(', ')', () => this.#field(), isFieldStart);
    const throws = this.#take('throws') ? this.#block('(', ')', () => this.#field(), isFieldStart) : [];
    const annotations = this.#annotations();
    this.#separator();
    return { name, oneway, result, args, throws, annotations, docs };
  }

  #type(): TypeSyntax {
    const at = this.#place();
    const { text } = this.#token;
    const base = baseTypes.get(text);
    if (this.#token.kind !== 'word') throw this.#expected('a type');
    if (base !== undefined) {
      this.#skip();
      return { kind: base, at, annotations: this.#annotations() };
    }
    switch (text) {
      case 'list':
      case 'set': {
        this.#skip();
        if (text === 'set') this.#cppType();
        this.#expect('<');
        const element = this.#type();
        this.#expect('>');
        if (text === 'list') this.#cppType();
        return { kind: text, element, at, annotations: this.#annotations() };
      }
      case 'map': {
        this.#skip();
        this.#cppType();
        this.#expect('<');
        const key = this.#type();
        this.#expect(',');
        const value = this.#type();
        this.#expect('>');
        return { kind: 'map', key, value, at, annotations: this.#annotations() };
      }
      case 'void':
        throw this.#fault('void is no type of a value', 'Name a type here.');
      case 'slist':
        throw this.#fault('slist is no longer part of Thrift', 'Write string in its stead.');
      default: {
        const { text: name } = this.#reference('a type');
        return { kind: 'named', name, at, annotations: this.#annotations() };
      }
    }
  }

  #cppType(): void {
    if (this.#take('cpp_type')) this.#string('a type of C++');
  }

  #value(): ValueSyntax {
    const at = this.#place();
    const { kind, text } = this.#token;
    switch (kind) {
      case 'integer':
        return { kind, value: this.#integer('a value'), at };
      case 'double':
        this.#skip();
        return { kind, value: Number(text), at };
      case 'string':
        return { kind, text: this.#string('a value', true), at };
      case 'word':
        if (text !== 'true' && text !== 'false') {
          return { kind: 'name', name: this.#reference('a value').text, at };
        }
        this.#skip();
        // As in the official compiler, where they are names of two numbers.
        return { kind: 'integer', value: text === 'true' ? 1n : 0n, at };
      default:
        break;
    }
    if (this.#take('[')) {
      const elements: ValueSyntax[] = [];
      while (!this.#take(']')) {
        elements.push(this.#value());
        this.#separator();
      }
      return { kind: 'list', elements, at };
    }
    if (!this.#take('{')) throw this.#expected('a value');
    const entries: [ValueSyntax, ValueSyntax][] = [];
    while (!this.#take('}')) {
      const key = this.#value();
      this.#expect(':');
      entries.push([key, this.#value()]);
      this.#separator();
    }
    return { kind: 'map', entries, at };
  }

  #annotations(): Annotation[] {
    const annotations: Annotation[] = [];
    if (!this.#take('(')) return annotations;
    while (!this.#take(')')) {
      const at = this.#place();
      const name = this.#word('the name of an annotation');
      const value = this.#take('=') ? this.#string(`the value of ${name}`) : '';
      this.#separator();
      annotations.push({ name, value, at });
    }
    return annotations;
  }

  /** Items between brackets. After a fault it goes on with the first token of a line that begins an item. */
  #block<T>(open: string, close: string, read: () => T, isStart: ItemStart): T[] {
    this.#expect(open);
    const items: T[] = [];
    while (!this.#take(close)) {
      this.#recovering(
        () => items.push(read()),
        // `struct B` on a line of its own looks like a type and a name: what stands open ends there.
        () =>
          !this.#isStatement() &&
          (this.#is(close) || (this.#token.isFirst && isStart(this.#token, this.#peek(1), this.#peek(2)))),
      );
    }
    return items;
  }

  /** Reads, and after a fault skips to where reading may go on; to the next statement at the latest, which the caller reads. */
  #recovering(read: () => void, isStart: () => boolean): void {
    const start = this.#next;
    try {
      read();
      return;
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
    }
    if (this.#next === start && this.#token.kind !== 'end' && !this.#isStatement()) this.#skip();
    while (!isStart()) {
      if (this.#token.kind === 'end' || this.#isStatement()) throw new Unreadable();
      this.#skip();
    }
  }

  #isStatement(): boolean {
    const { kind, text } = this.#token;
    return kind === 'end' || (kind === 'word' && (definitions.has(text) || headers.has(text)));
  }

  #string(what: string, isStrict = false): string {
    const { kind, text, start } = this.#token;
    if (kind !== 'string') throw this.#expected(`${what} in quotes`);
    this.#skip();
    return text.replace(/\\(.)/g, (whole, char: string, offset: number) => {
      const meant = escapes.get(char);
      if (meant !== undefined) return meant;
      if (isStrict) {
        this.#reportAt(start + 1 + offset, `${whole} is no escape`, 'Write \\\\ for a backslash.');
      }
      return whole;
    });
  }

  #integer(what: string): bigint {
    const { kind, text } = this.#token;
    if (kind !== 'integer') throw this.#expected(what);
    this.#skip();
    const value = BigInt(text.replace(/^[+-]/, ''));
    return text.startsWith('-') ? -value : value;
  }

  /** A name that is given here. */
  #name(of: string): NameSyntax {
    const at = this.#place();
    const text = this.#word(`the name of ${of}`);
    if (text.includes('.'))
      this.#reportAt(this.#last.start, `the name ${text} has a dot`, 'Name it without.');
    return { text, at };
  }

  /** The name of a field, method or member: words of Thrift too, as thriftgo takes them, unless they begin a line. */
  #memberName(of: string): NameSyntax {
    const { kind, text, isFirst } = this.#token;
    const isOnlyName = of === 'the member' ? this.#peek(1).kind !== 'word' : !isFirst;
    if (kind !== 'word' || !keywords.has(text) || !isOnlyName) return this.#name(of);
    const at = this.#place();
    this.#skip();
    return { text, at };
  }

  /** A name that was given elsewhere, `file.Name` too. */
  #reference(what: string): NameSyntax {
    const at = this.#place();
    return { text: this.#word(what), at };
  }

  #word(what: string): string {
    const { kind, text } = this.#token;
    if (kind !== 'word') throw this.#expected(what);
    if (keywords.has(text)) throw this.#expected(what, `${text} is a word of Thrift`);
    this.#skip();
    return text;
  }

  #separator(): void {
    if (!this.#take(',')) this.#take(';');
  }

  #is(text: string): boolean {
    const { kind } = this.#token;
    return (kind === 'mark' || kind === 'word') && this.#token.text === text;
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#skip();
    return true;
  }

  #expect(mark: string): void {
    if (!this.#take(mark)) throw this.#expected(JSON.stringify(mark));
  }

  get #token(): Token {
    return this.#tokens[this.#next]!;
  }

  get #last(): Token {
    return this.#tokens[this.#next - 1]!;
  }

  #peek(ahead: number): Token {
    return this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)]!;
  }

  #skip(): void {
    if (this.#token.kind !== 'end') this.#next++;
  }

  #place(): Place {
    return this.#placeAt(this.#token.start);
  }

  /** What is missing is missing behind the last token, if the next one is on another line. */
  #expected(what: string, found = `${JSON.stringify(this.#token.text)} stands there`): Unreadable {
    const { kind, isFirst, start } = this.#token;
    if (kind === 'bad') return new Unreadable();
    const isBehind = this.#next > 0 && (isFirst || kind === 'end');
    this.#reportAt(
      isBehind ? this.#last.end : start,
      isBehind ? `${what} is missing` : `${what} is missing: ${found}`,
      correct,
    );
    return new Unreadable();
  }

  #fault(what: string, fix: string): Unreadable {
    if (this.#token.kind !== 'bad') this.#reportAt(this.#token.start, what, fix);
    return new Unreadable();
  }
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['"', '"'],
  ["'", "'"],
  ['\\', '\\'],
]);

function isFieldStart(first: Token, second: Token): boolean {
  if (first.kind === 'integer') return second.text === ':';
  return first.text === 'required' || first.text === 'optional' || isMethodStart(first, second);
}

/** A type and a name. */
function isMethodStart(first: Token, second: Token): boolean {
  if (first.kind !== 'word') return false;
  return second.kind === 'word' || ['list', 'set', 'map'].includes(first.text);
}

function isMemberStart(first: Token, second: Token, third: Token): boolean {
  return first.kind === 'word' && (second.text !== '=' || third.kind === 'integer');
}
