import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadIdl, typescriptTypes } from 'banyan/rpc';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../../control/config/index.ts';
import { StateStore } from '../../../control/store/index.ts';
import { describeOnEngine, type TestDatabase } from '../../support/databases.ts';
import { codeBlocks } from '../../support/docs/code-blocks.ts';
import { configOf, isFragment } from '../../support/docs/config-fragments.ts';
import { documentedPrograms, programOf } from '../../support/docs/documented-programs.ts';
import { docsIdl } from '../../support/rpc/docs-idl.ts';
import { createStateDatabase } from '../../support/state-database.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');

const scripts = codeBlocks().filter(({ language }) => /^(?:ts|js)$/.test(language));
const fragments = scripts.filter(isFragment);
const whole = scripts.filter(({ code }) => /^export default defineConfig\(/m.test(code));

/** Of a page, in its order. */
function blocksOf(file: string) {
  return scripts.filter((block) => block.file === file);
}

const told = documentedPrograms.map((program) => ({
  ...program,
  own: program.blocks.map((at) => blocksOf(program.file)[at]!),
}));

describeOnEngine('mariadb', 'the TypeScript of the documentation', (lane) => {
  let folder: string;
  let state: TestDatabase;

  beforeAll(async () => {
    // In the repository, whose package.json says what `banyan/…` is.
    await mkdir(join(root, '.banyan'), { recursive: true });
    folder = await mkdtemp(join(root, '.banyan', 'docs-'));
    state = await createStateDatabase(lane);
    await (await StateStore.open({ state, features: [] })).close();
    const at = (name: string) => join(folder, name);
    await writeFile(at('product.thrift'), await docsIdl());
    await symlink(join(root, 'extracted'), at('extracted'));
    for (const { file, line, code } of whole) await writeFile(at(nameOf(file, line)), code);
    for (const one of fragments) await writeFile(at(nameOf(one.file, one.line)), configOf(one));
    const keys = generateKeyPairSync('ed25519', {
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const config = { databases: { legacy: state }, state: { database: 'legacy', schema: state.database } };
    for (const program of told) {
      const own = at(program.name);
      await mkdir(own);
      await writeFile(join(own, 'product.thrift'), program.idl ?? (await docsIdl()));
      const idl = await loadIdl(join(own, 'product.thrift'));
      await writeFile(join(own, 'thrift-types.ts'), typescriptTypes(idl));
      await writeFile(join(own, 'identity.pem'), keys.privateKey);
      await writeFile(join(own, 'identity.pub'), keys.publicKey);
      await writeFile(
        join(own, 'banyan.config.ts'),
        `export default ${JSON.stringify({ ...config, legacy: { addresses: ['http://127.0.0.1:9'], database: 'legacy' }, features: {} })};\n`,
      );
      const codes = program.own.map(({ code }) => code);
      await writeFile(join(own, 'program.ts'), programOf(program, codes));
    }
    // As users have it, without what this repository asks of itself besides.
    const compilerOptions = {
      ...{ noImplicitReturns: false, exactOptionalPropertyTypes: false, noUncheckedIndexedAccess: false },
      types: ['node'],
    };
    await writeFile(
      at('tsconfig.json'),
      JSON.stringify({
        extends: '../../tsconfig.json',
        compilerOptions,
        include: ['*.ts', '*/program.ts'],
        exclude: ['extracted'],
      }),
    );
  });

  afterAll(async () => {
    await state[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('is all of it part of a config, a config, or of a program that is run here', () => {
    const known = new Set([...fragments, ...whole, ...told.flatMap(({ own }) => own)]);
    const others = scripts.filter((one) => !known.has(one)).map(({ file, line }) => `${file}:${line}`);
    expect(others).toEqual([]);
    expect(scripts.length).toBeGreaterThan(20);
  });

  test('has the types that the package has', async () => {
    const tsc = join(root, 'node_modules/.bin/tsc');
    const said = await run(tsc, ['--noEmit', '-p', folder], { cwd: root }).catch(
      (error: { stdout: string }) => error,
    );
    expect(said.stdout).toBe('');
  });

  test.for([...fragments, ...whole])('$file:$line is taken as a config', async ({ file, line }) => {
    expect(await loadConfig(join(folder, nameOf(file, line)))).toMatchObject({ file: expect.any(String) });
  });

  test.for(told)('$file: the program $name does what its page says', async ({ name, prints }) => {
    const { stdout } = await run(process.execPath, ['program.ts'], {
      cwd: join(folder, name),
      env: { ...process.env, STATE: JSON.stringify({ ...state }), NODE_NO_WARNINGS: '1' },
      timeout: 60_000,
    });
    expect(stdout.trim()).toMatch(prints);
  });
});

function nameOf(file: string, line: number): string {
  return `${file.replaceAll(/\W/g, '-')}-${line}.config.ts`;
}
