import { readdir, readFile, stat } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withoutTypes } from '../../../common/without-types.ts';

/** What the browser loads, by the path under which it asks for it. */
export interface ClientFile {
  readonly type: string;
  readonly content: string;
}

/** `ts` where the sources run as they are, `js` in the built package. */
export const ending = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
const root = fileURLToPath(new URL('../../../', import.meta.url));
const client = 'control/dashboard/client';

/** What the pages name: all else is what these import, pure modules that server and browser share among it. */
const entries = [`${client}/main.${ending}`, `${client}/login.${ending}`];

/** Of the libraries exactly what is used. */
const litFiles = ['lit-html.js', 'directive.js', 'directive-helpers.js', 'directives/repeat.js'];

const types: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  js: 'text/javascript; charset=utf-8',
  ts: 'text/javascript; charset=utf-8',
};

/** The dashboard's files: nothing else of this machine can be asked for, since a path is looked up, not followed. */
export class ClientFiles {
  readonly #files = new Map<string, string>();
  readonly #read = new Map<string, { readonly changedAt: number; readonly file: ClientFile }>();

  private constructor() {
    const lit = join(findPackageJSON('lit-html', import.meta.url)!, '..');
    for (const name of litFiles) this.#files.set(`lit-html/${name}`, join(lit, name));
  }

  static async find(): Promise<ClientFiles> {
    const files = new ClientFiles();
    for (const name of await readdir(join(root, client, 'style'))) files.#add(`${client}/style/${name}`);
    for (const path of entries) await files.#addModule(path);
    return files;
  }

  #add(path: string): void {
    this.#files.set(path, join(root, path));
  }

  /** With all that it imports from this package. */
  async #addModule(path: string): Promise<void> {
    if (this.#files.has(path)) return;
    this.#add(path);
    const { content } = (await this.get(path))!;
    for (const [, specifier] of content.matchAll(/(?:from|import)\s*['"](\.[^'"]+)['"]/g)) {
      await this.#addModule(posix.join(posix.dirname(path), specifier!));
    }
  }

  /** null: there is no such file. */
  async get(path: string): Promise<ClientFile | null> {
    const file = this.#files.get(path);
    if (file === undefined) return null;
    const { mtimeMs: changedAt } = await stat(file);
    const known = this.#read.get(path);
    if (known?.changedAt === changedAt) return known.file;
    const extension = path.slice(path.lastIndexOf('.') + 1);
    const text = await readFile(file, 'utf8');
    const made = {
      type: types[extension]!,
      content: path.startsWith('lit-html/') ? text : forBrowser(text, extension),
    };
    this.#read.set(path, { changedAt, file: made });
    return made;
  }
}

/** A browser knows neither types nor the names of packages. */
function forBrowser(text: string, extension: string): string {
  if (extension !== 'ts' && extension !== 'js') return text;
  const script = extension === 'ts' ? withoutTypes(text) : text;
  return script
    .replace(/from 'lit-html'/g, "from '/dashboard/files/lit-html/lit-html.js'")
    .replace(/from 'lit-html\/([\w/.-]+)'/g, "from '/dashboard/files/lit-html/$1'")
    .replace(/^\/\/# sourceMappingURL=.*$/m, '');
}
