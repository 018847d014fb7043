import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The IDL that docs/idl.md shows: what the documentation promises is what the tests run. */
export async function docsIdl(): Promise<string> {
  const docs = await readFile(new URL('../../../docs/idl.md', import.meta.url), 'utf8');
  const found = /```thrift\n([\s\S]*?)```/.exec(docs);
  if (found === null) throw new Error('docs/idl.md shows no IDL');
  return found[1]!;
}

export interface IdlFiles extends AsyncDisposable {
  /** Absolute path of a file. */
  path(name: string): string;
}

/** Writes IDL files into a folder of their own; names may have folders. */
export async function idlFiles(files: Readonly<Record<string, string>>): Promise<IdlFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'banyan-idl-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return {
    path: (name) => join(folder, name),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
