import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const rooms = ['common', 'rpc', 'router', 'mover', 'control', 'scripts'];

const read = (pattern: string) =>
  globSync(pattern, { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'));

/** Names of ours that look like one. */
const noCodes: ReadonlySet<string> = new Set(['BANYAN_CHANGES']);

/** A code is a quoted BANYAN_… literal; the environment's variables are read as properties and so stand unquoted. */
const used = new Set(
  rooms
    .flatMap((room) => read(`${room}/**/*.ts`))
    .flatMap((text) =>
      [...text.matchAll(/['"`](BANYAN_[A-Z0-9_]+)['"`]/g)].map((match) => match[1] as string),
    )
    .filter((name) => !noCodes.has(name)),
);
const documented = read('docs/errors/*.md').flatMap((text) =>
  [...text.matchAll(/^### (BANYAN_[A-Z0-9_]+)$/gm)].map((match) => match[1] as string),
);

describe('error codes and their documentation', () => {
  it('documents every code that is raised', () => {
    expect([...used].filter((code) => !documented.includes(code))).toEqual([]);
  });

  it('raises every code that is documented', () => {
    expect(documented.filter((code) => !used.has(code))).toEqual([]);
  });

  it('documents each code once', () => {
    expect(documented.filter((code, index) => documented.indexOf(code) !== index)).toEqual([]);
  });

  it('lists every page of codes in docs/errors.md', () => {
    const index = readFileSync(join(root, 'docs/errors.md'), 'utf8');
    for (const page of globSync('docs/errors/*.md', { cwd: root }))
      expect(index).toContain(page.replace('docs/', ''));
  });
});
