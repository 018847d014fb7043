import { describe, expect, test } from 'vitest';
import { withPoint } from '../../../../control/dashboard/client/pure/history.ts';
import { hashOf, type Page, pageOf } from '../../../../control/dashboard/client/pure/page.ts';
import {
  behindWords,
  fromNow,
  milliseconds,
  perSecond,
  timeOf,
} from '../../../../control/dashboard/client/pure/words.ts';
import { ClientFiles } from '../../../../control/dashboard/files/client-files.ts';

describe('pages behind the address’s #', () => {
  test.each<Page>([
    { name: 'overview' },
    { name: 'request' },
    { name: 'monolith' },
    { name: 'audit' },
    { name: 'feature', feature: 'product' },
    { name: 'feature', feature: 'a/b %2F#<img>' },
  ])('%o is found again', (page) => {
    expect(pageOf(hashOf(page))).toEqual(page);
  });

  test.each(['', '#', '#/', '#/nothing', '#/feature', '#/feature/', '#/feature/%E0%A4%A'])(
    '%s leads to the overview',
    (hash) => {
      expect(pageOf(hash)).toEqual({ name: 'overview' });
    },
  );
});

test('figures as the page has them', () => {
  expect([0, 0.42, 9.96, 1234.4].map(perSecond)).toEqual(['0', '0.4', '10.0', '1,234']);
  expect([null, 0.84, 12.4, 2350].map(milliseconds)).toEqual(['–', '0.8 ms', '12 ms', '2.4 s']);
  expect(
    [
      { entries: 0, oldestMs: 0 },
      { entries: 1, oldestMs: 5 },
    ].map(behindWords),
  ).toEqual(['nothing behind', 'behind: 1 key, oldest 5.00 ms']);
  const now = Date.parse('2026-03-01T10:00:00Z');
  expect(timeOf('2026-03-01T09:00:01.5Z', now)).toBe('09:00:01');
  expect(timeOf('2026-02-28T09:00:01Z', now)).toBe('2026-02-28 09:00:01');
  expect(fromNow('2026-03-01T10:04:10Z', now)).toBe('in 4m10s');
  expect(fromNow('2026-03-01T09:59:51Z', now)).toBe('9s ago');
});

test('a line forgets what is too old, and has one point for each time', () => {
  const points = [0, 1_000, 299_999, 300_000, 300_000].reduce<readonly { at: number }[]>(
    (line, at) => withPoint(line, { at }),
    [],
  );
  expect(points.map(({ at }) => at)).toEqual([0, 1_000, 299_999, 300_000]);
  expect(withPoint(points, { at: 301_000 }).map(({ at }) => at)).toEqual([1_000, 299_999, 300_000, 301_000]);
});

test('the files of the page are what a browser can run, complete, and no others', async () => {
  const files = await ClientFiles.find();
  const seen = new Set<string>();
  const follow = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    const file = await files.get(path);
    expect(file, path).not.toBeNull();
    expect(file!.type).toMatch(/javascript/);
    expect(file!.content).not.toMatch(/\bimport type\b|from '(?![./])/);
    // What it imports, as a browser would resolve it.
    for (const [, specifier] of file!.content.matchAll(/(?:from|import)\s*["']([./][^"']+)["']/g)) {
      const url = new URL(specifier!, `http://host/dashboard/files/${path}`);
      expect(url.pathname).toMatch(/^\/dashboard\/files\//);
      await follow(url.pathname.slice('/dashboard/files/'.length));
    }
  };
  await follow('control/dashboard/client/login.ts');
  await follow('control/dashboard/client/main.ts');
  expect(seen).toContain('lit-html/lit-html.js');
  expect((await files.get('control/dashboard/client/style/ground.css'))?.type).toMatch(/css/);
  for (const path of [
    'package.json',
    '../package.json',
    'control/dashboard/index.ts',
    'lit-html/../mysql2/index.js',
    'lit-html/package.json',
    'control/dashboard/client/tsconfig.json',
  ]) {
    expect(await files.get(path), path).toBeNull();
  }
});
