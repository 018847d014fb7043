import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BanyanError } from '../../../common/errors.ts';
import { findOnPath } from '../../servers/find-on-path.ts';
import { runProgram } from '../../servers/run-program.ts';
import { debianThrift } from './debian-thrift.ts';

export const nappingIdl = fileURLToPath(new URL('napping.thrift', import.meta.url));

/** Writes the official compiler's code of `napping.thrift` for Python, Node and C++ into the folder. False without a compiler. */
export async function generateNapping(folder: string, signal?: AbortSignal): Promise<boolean> {
  const root = await debianThrift('compiler', signal);
  if (root === null) return false;
  await mkdir(folder, { recursive: true });
  await runOrFail(
    [
      join(root, 'usr/bin/thrift'),
      ...['-out', folder, '--gen', 'py', '--gen', 'js:node,es6', '--gen', 'cpp:no_skeleton', nappingIdl],
    ],
    signal,
  );
  // Generated code for Node is CommonJS, wherever it lies.
  await writeFile(join(folder, 'package.json'), '{"type":"commonjs"}');
  return true;
}

/** Compiles the C++ server into the folder of the generated code. Null where there is no g++. */
export async function compileServer(folder: string, signal?: AbortSignal): Promise<string | null> {
  const program = join(folder, 'server');
  if (existsSync(program)) return program;
  const compiler = await findOnPath('g++');
  if (compiler === null) return null;
  const [thrift, boost, libevent] = [
    await debianThrift('cpp', signal),
    await debianThrift('boost', signal),
    await debianThrift('libevent', signal),
  ];
  if (thrift === null || boost === null || libevent === null) return null;
  await copyFile(fileURLToPath(new URL('server.cpp', import.meta.url)), join(folder, 'server.cpp'));
  const libraries = await libraryFolders([thrift, libevent]);
  await runOrFail(
    [
      ...([compiler, '-std=c++17', '-O1', '-w', '-o', program] as const),
      ...[folder, ...[thrift, boost, libevent].map((root) => join(root, 'usr/include'))].map(
        (one) => `-I${one}`,
      ),
      ...['server.cpp', 'Napping.cpp'].map((file) => join(folder, file)),
      ...libraries.flatMap((one) => [`-L${one}`, `-Wl,-rpath,${one}`]),
      ...['-lthriftnb', '-lthriftz', '-lthrift', '-levent', '-lpthread'],
    ],
    signal,
  );
  return program;
}

/** Debian keeps libraries in a folder named after the machine. */
async function libraryFolders(roots: readonly string[]): Promise<string[]> {
  const { stdout } = await runProgram(['g++', '-print-multiarch']);
  return roots.map((root) => join(root, 'usr/lib', stdout.trim()));
}

async function runOrFail(command: readonly [string, ...string[]], signal?: AbortSignal): Promise<void> {
  const { status, stderr, stdout } = await runProgram(command, signal ? { signal } : {});
  if (status === 0) return;
  throw new BanyanError(
    'BANYAN_SERVER_DOWNLOAD',
    `${command[0]} failed: ${(stderr || stdout).trim().split('\n').slice(-3).join(' | ')}`,
    {
      fix: 'Delete the folders in the cache whose names begin with libthrift, libboost and libevent, and run this again.',
    },
  );
}
