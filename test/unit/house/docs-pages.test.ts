import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { codeBlocks } from '../../support/docs/code-blocks.ts';

const root = join(import.meta.dirname, '../../..');
const pages = globSync(['README.md', 'docs/*.md', 'docs/errors/*.md'], { cwd: root }).map((file) => ({
  file,
  text: readFileSync(join(root, file), 'utf8'),
}));

const blocks = codeBlocks();

describe('blocks of code in the documentation', () => {
  test('are of a language that is run or checked', () => {
    const languages = new Set(blocks.map(({ language }) => language));
    // ts, js: test/integration/scripts/docs-typescript.test.ts; sql: docs-sql.test.ts beside it; thrift: test/integration/rpc/docs-example.test.ts;
    // sh: docs-commands.test.ts; of start-here.md each line is run: test/e2e/start-here.test.ts.
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
