import { existsSync, globSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configInput } from '../../../control/config/config-input.ts';

const root = join(import.meta.dirname, '../../..');
const pages = globSync(['README.md', 'docs/*.md', 'docs/errors/*.md'], { cwd: root }).map((file) => ({
  file,
  text: readFileSync(join(root, file), 'utf8'),
}));

interface Block {
  readonly file: string;
  readonly language: string;
  readonly code: string;
}

const blocks = pages.flatMap(({ file, text }) =>
  [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(
    ([, language, code]): Block => ({ file, language: language!, code: code! }),
  ),
);

/** What is left out, and what only names a value, is no part of a sentence. */
function whole(code: string): string {
  return code
    .replace(/^\s*…,?\n/gm, '')
    .replace(/…,\s*/g, '')
    .replace(/\{ … \}/g, '{}')
    .replaceAll('…', '');
}

/** `router: { … },` stands in an object. */
function isFragment(code: string): boolean {
  return /^(?:\s*\/\/.*\n)*\w+: [{[]/.test(code);
}

describe('blocks of code in the documentation', () => {
  const scripts = blocks.filter(({ language }) => /^(?:ts|js)$/.test(language));

  test('are TypeScript where they say so', () => {
    expect(scripts.length).toBeGreaterThan(15);
    const faults = scripts.flatMap(({ file, code }) => {
      const text = isFragment(code) ? `({${whole(code)}})` : whole(code);
      try {
        // Names and types that a block takes from its page are not looked up.
        stripTypeScriptTypes(text, { mode: 'strip' });
        return [];
      } catch (error) {
        return [`${file}: ${(error as Error).message}\n${code}`];
      }
    });
    expect(faults).toEqual([]);
  });

  test('are settings that the config takes', () => {
    const host = { host: 'db1', user: 'banyan', password: '', database: 'shop' };
    const base = {
      databases: { legacy: host, reviews: host, product: host },
      state: { database: 'legacy', schema: 'banyan' },
      legacy: { addresses: ['http://127.0.0.1:7401'], database: 'legacy' },
    };
    const service = {
      service: { idl: './product.thrift', name: 'ProductService', addresses: ['127.0.0.1:7402'] },
    };
    const keys = new Set(Object.keys(configInput.shape));
    let looked = 0;
    for (const { file, code } of scripts.filter((block) => isFragment(block.code))) {
      const said = new Function('password', `return ({${whole(code)}})`)('') as Record<string, object>;
      if (!Object.keys(said).every((key) => keys.has(key))) continue;
      looked += 1;
      const features = Object.entries(said.features ?? {}).map(([name, one]) => [
        name,
        { ...service, ...one },
      ]);
      const config = {
        ...base,
        ...said,
        databases: { ...base.databases, ...said.databases },
        legacy: { ...base.legacy, ...said.legacy },
        features: Object.fromEntries(features),
      };
      const { error } = configInput.safeParse(config);
      expect(
        error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
        `${file}:\n${code}`,
      ).toBeUndefined();
    }
    expect(looked).toBeGreaterThan(7);
  });

  test('import what the package has', async () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      exports: Readonly<Record<string, string>>;
    };
    const imports = scripts.flatMap(({ file, code }) =>
      [...code.matchAll(/^import (type )?\{([^}]*)\} from '(banyan[^']*)'/gm)].flatMap(
        ([, type, names, from]) =>
          names!.split(',').flatMap((name) => {
            const [, alsoType, bare] = /^\s*(type )?(\w+)/.exec(name) ?? [];
            return bare === undefined ? [] : [{ file, from: from!, bare, type: Boolean(type ?? alsoType) }];
          }),
      ),
    );
    expect(imports.length).toBeGreaterThan(15);
    const faults: string[] = [];
    for (const { file, from, bare, type } of imports) {
      const path = manifest.exports[from.replace('banyan', '.')];
      if (path === undefined) faults.push(`${file}: the package has no ${from}`);
      // Types are gone once it runs.
      else if (type) {
        if (!new RegExp(`\\b${bare}\\b`).test(readFileSync(join(root, path), 'utf8')))
          faults.push(`${file}: ${from} has no type ${bare}`);
      } else if (!(bare in (await import(join(root, path))))) faults.push(`${file}: ${from} has no ${bare}`);
    }
    expect(faults).toEqual([]);
  });

  test('are of a language that is run or checked', () => {
    const languages = new Set(blocks.map(({ language }) => language));
    // thrift: test/integration/rpc/docs-example.test.ts; sql: test/integration/scripts/docs-sql.test.ts; sh: docs-commands.test.ts.
    const known = ['ts', 'js', 'json', 'sh', 'sql', 'thrift'];
    expect([...languages].filter((language) => !known.includes(language))).toEqual([]);
  });

  test('are JSON where they say so', () => {
    for (const { code } of blocks.filter(({ language }) => language === 'json')) JSON.parse(code);
  });
});

/** As GitHub makes them of headings. */
function anchorsOf(text: string): Set<string> {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '');
  const headings = [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => heading!);
  const counts = new Map<string, number>();
  return new Set(
    headings.map((heading) => {
      const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const slug = plain.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
      const before = counts.get(slug) ?? 0;
      counts.set(slug, before + 1);
      return before === 0 ? slug : `${slug}-${before}`;
    }),
  );
}

test('every link of the documentation leads to a file, and to a heading of it', () => {
  const faults = pages.flatMap(({ file, text }) => {
    const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '');
    return [...prose.matchAll(/\]\((?!https?:)([^)\s#]*)(?:#([^)\s]+))?\)/g)].flatMap(([, path, anchor]) => {
      const target = path === '' ? join(root, file) : resolve(root, dirname(file), path!);
      if (!existsSync(target)) return [`${file}: there is no ${path}`];
      if (anchor === undefined || !target.endsWith('.md')) return [];
      return anchorsOf(readFileSync(target, 'utf8')).has(anchor)
        ? []
        : [`${file}: ${path} has no #${anchor}`];
    });
  });
  expect(faults).toEqual([]);
});

test('the index names every page', () => {
  const index = readFileSync(join(root, 'docs/README.md'), 'utf8');
  const missing = globSync('docs/*.md', { cwd: root }).filter(
    (file) => file !== 'docs/README.md' && !index.includes(`](${relative('docs', file)})`),
  );
  expect(missing).toEqual([]);
});
