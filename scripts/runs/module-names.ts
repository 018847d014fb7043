import { readdir } from 'node:fs/promises';

/** The names of the runs in a folder: its TypeScript modules, but for those that are named in `others`. */
export async function moduleNames(folder: URL, others: ReadonlySet<string>): Promise<string[]> {
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith('.ts') && !others.has(file))
    .map((file) => file.slice(0, -'.ts'.length))
    .sort();
}
