import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { FaultList } from './fault-list.ts';
import type { Place } from './model.ts';
import { parseFile } from './parse-file.ts';
import { declaredNames, type Scope } from './scope.ts';
import type { IncludeSyntax } from './syntax.ts';

/** Parses an IDL's file and all that it includes, each once. */
export class ScopeLoader {
  /** By the absolute path of the file; the IDL's own is the first. */
  readonly scopes = new Map<string, Scope>();
  readonly #folders: readonly string[];
  readonly #faults: FaultList;
  readonly #warnings: FaultList;

  /** @param folders where includes are looked for that are not beside the file that includes them. */
  constructor(folders: readonly string[], faults: FaultList, warnings: FaultList) {
    this.#folders = folders;
    this.#faults = faults;
    this.#warnings = warnings;
  }

  /** A file that cannot be read is noted as a fault. */
  async load(file: string): Promise<void> {
    const source = await textOf(file);
    if (typeof source === 'string') {
      await this.#parse(file, source, '', []);
      return;
    }
    const at = { file, line: 1, column: 1 };
    this.#faults.add(
      'BANYAN_IDL_INCLUDE',
      at,
      `${file} cannot be read: ${source.message}`,
      'Correct the path.',
    );
  }

  async #parse(file: string, source: string, prefix: string, path: readonly string[]): Promise<Scope> {
    const parsed = parseFile(file, source, this.#faults, this.#warnings);
    const scope: Scope = {
      parsed,
      prefix,
      declared: declaredNames(parsed, this.#faults),
      includes: new Map(),
      missing: [],
      unresolved: new Set(),
    };
    this.scopes.set(file, scope);
    for (const statement of parsed.statements) {
      if (statement.kind === 'include') await this.#include(scope, statement, [...path, file]);
    }
    return scope;
  }

  async #include(scope: Scope, { path, at }: IncludeSyntax, under: readonly string[]): Promise<void> {
    const beside = resolve(dirname(scope.parsed.file), path);
    const places = [beside, ...this.#folders.map((folder) => join(folder, path))];
    let why = '';
    for (const file of places) {
      const known = this.scopes.get(file);
      if (known !== undefined) {
        if (under.includes(file)) {
          const what = `${file} includes itself`;
          this.#faults.add('BANYAN_IDL_INCLUDE', at, what, 'Break the circle of includes.');
        }
        this.#add(scope, includeName(file), known, at);
        return;
      }
      const source = await textOf(file);
      if (typeof source === 'string') {
        const included = await this.#parse(file, source, this.#freePrefix(file), under);
        this.#add(scope, includeName(file), included, at);
        return;
      }
      why ||= `${file} cannot be read: ${source.message}`;
    }
    scope.missing.push({ name: includeName(path), at, why });
  }

  /** Files of several folders may be called alike; what they declare must not. */
  #freePrefix(file: string): string {
    const taken = new Set([...this.scopes.values()].map((scope) => scope.prefix));
    const name = includeName(file);
    const inFolder = `${basename(dirname(file))}_${name}`;
    let prefix = taken.has(`${name}.`) ? `${inFolder}.` : `${name}.`;
    for (let i = 2; taken.has(prefix); i++) prefix = `${inFolder}_${i}.`;
    return prefix;
  }

  /** Two includes may share a name, as the official compiler has it, but then `file.Name` must still say one thing. */
  #add(scope: Scope, name: string, included: Scope, at: Place): void {
    const others = scope.includes.get(name) ?? [];
    if (others.includes(included)) return;
    for (const other of others) {
      for (const declared of included.declared.keys()) {
        if (!other.declared.has(declared)) continue;
        this.#faults.add(
          'BANYAN_IDL_INCLUDE',
          at,
          `${name}.${declared} is declared by ${other.parsed.file} and by ${included.parsed.file}`,
          'Rename one of the two files, or what they declare.',
        );
      }
    }
    scope.includes.set(name, [...others, included]);
  }
}

function includeName(file: string): string {
  return basename(file).replace(/\.thrift$/, '');
}

/** The file's text, or why it cannot be read. */
async function textOf(file: string): Promise<string | Error> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
