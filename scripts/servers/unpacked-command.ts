import { existsSync } from 'node:fs';
import { arch } from 'node:os';
import { join } from 'node:path';

/** What Debian calls the folders of this machine's libraries. */
export const machineFolder = arch() === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';

const libraries = [
  `usr/lib/${machineFolder}`,
  `lib/${machineFolder}`,
  'usr/lib/mysql/private',
  `usr/lib/${machineFolder}/mysql/private`,
];
const loaders = ['lib64/ld-linux-x86-64.so.2', 'lib/ld-linux-aarch64.so.1'].flatMap((file) => [
  `usr/${file}`,
  file,
]);

/**
 * The command that runs a program out of a folder that packages were unpacked into with all their libraries: by their own loader, because
 * the machine's C library may be another one. `files`: where the program may lie. null: it is not there.
 */
export function unpackedCommand(
  root: string,
  files: readonly string[],
): readonly [string, ...string[]] | null {
  const firstOf = (names: readonly string[]) =>
    names.map((name) => join(root, name)).find((name) => existsSync(name));
  const program = firstOf(files);
  const loader = firstOf(loaders);
  if (program === undefined || loader === undefined) return null;
  return [loader, '--library-path', libraries.map((folder) => join(root, folder)).join(':'), program];
}
