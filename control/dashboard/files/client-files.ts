import { readdir, readFile, stat } from 'node:fs/promises';
import { findPackageJSON, stripTypeScriptTypes } from 'node:module';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the browser loads, by the path under which it asks for it. */
export interface ClientFile {
  readonly type: string;
  readonly content: string;
}

/** `ts` where the sources run as they are, `js` in the built package. */
export const ending = import.meta.filename.endsWith('.ts') ? 'ts' : 'js';
const root = fileURLToPath(new URL('../../../', import.meta.url));
const clientFolder = fileURLToPath(new URL('../client/', import.meta.url));

/** Pure modules that server and browser share. */
const shared = [
  'common/numbers',
  'control/api/words/told',
  'control/api/words/feature-words',
  'control/api/words/plan-words',
  'control/api/words/handovers',
  'control/conductor/forcible',
  'control/feature/stages',
];

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
  readonly #files: ReadonlyMap<string, string>;
  readonly #read = new Map<string, { readonly changedAt: number; readonly file: ClientFile }>();

  private constructor(files: ReadonlyMap<string, string>) {
    this.#files = files;
  }

  static async find(): Promise<ClientFiles> {
    const own = (await readdir(clientFolder, { recursive: true }))
      .filter((name) => name.endsWith(`.${ending}`) || /\.(css|svg)$/.test(name))
      .filter((name) => !name.endsWith('.d.ts'))
      .map((name) => join(clientFolder, name));
    const files = new Map<string, string>();
    for (const file of [...own, ...shared.map((name) => join(root, `${name}.${ending}`))]) {
      files.set(relative(root, file).split(sep).join('/'), file);
    }
    const lit = join(findPackageJSON('lit-html', import.meta.url)!, '..');
    for (const name of litFiles) files.set(`lit-html/${name}`, join(lit, name));
    return new ClientFiles(files);
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

/** Node says with each process's first call that this function may still change; nobody who starts control needs to know. */
function withoutTypes(text: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(text);
  } finally {
    process.emitWarning = emitWarning;
  }
}
