import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { BanyanError } from '../../../common/errors.ts';
import {
  counted,
  formatBytes,
  formatCount,
  formatMs,
  formatSeconds,
  formatShare,
} from '../../../scripts/terminal/numbers.ts';
import { paintFor } from '../../../scripts/terminal/paint.ts';
import { renderError } from '../../../scripts/terminal/print-error.ts';
import { progressView } from '../../../scripts/terminal/progress.ts';
import { renderTable } from '../../../scripts/terminal/table.ts';
import { pad, stripColours, textWidth } from '../../../scripts/terminal/text-width.ts';
import { wrapCommand } from '../../../scripts/terminal/wrap-command.ts';
import { wrapLines } from '../../../scripts/terminal/wrap-lines.ts';
import { wrapStatements } from '../../../scripts/terminal/wrap-statements.ts';

describe('tables', () => {
  it('align by what a terminal shows: wide letters and emoji take two columns, colours none', () => {
    expect(textWidth('달빛')).toBe(4);
    expect(textWidth('🍵')).toBe(2);
    expect(textWidth('\u001b[31mred\u001b[39m')).toBe(3);
    expect(textWidth('Zu\u0308rich')).toBe(6);
    expect(pad('달', 4)).toBe('달  ');
    const columns = [
      { title: 'name', value: (row: { name: string; rows: number }) => row.name },
      { title: 'rows', align: 'right' as const, value: (row: { rows: number }) => formatCount(row.rows) },
    ];
    const text = renderTable(columns, [
      { name: '상점', rows: 1_000 },
      { name: 'orders', rows: 7 },
    ]);
    expect(text.split('\n')).toEqual(['name     rows', '상점    1,000', 'orders      7']);
  });
});

describe('numbers', () => {
  it.each([
    [formatMs(0.8421), '0.84 ms'],
    [formatMs(12.44), '12.4 ms'],
    [formatMs(317.4), '317 ms'],
    [formatMs(2350), '2.35 s'],
    [formatMs(28_810), '28.8 s'],
    [formatMs(102_700), '1m43s'],
    [counted(1, 'row'), '1 row'],
    [counted(2_000, 'entry', 'entries'), '2,000 entries'],
    [formatBytes(512), '512 B'],
    [formatBytes(1_536), '1.50 KiB'],
    [formatBytes(1024 ** 4 * 2_000), '2000 TiB'],
    [formatSeconds(75), '1m15s'],
    [formatSeconds(7260), '2h01m'],
    [formatShare(999_999, 1_000_000), '99.9 %'],
    [formatShare(0, 0), '–'],
    [formatShare(5, 100), '5.0 %'],
  ])('%s', (got, wanted) => {
    expect(got).toBe(wanted);
  });
});

describe('errors', () => {
  it('print what happened, each fault once with its fix, what to do and the code; no colours in a pipe', () => {
    const error = new BanyanError('BANYAN_CONFIG_INVALID', 'banyan.config.ts has 2 faults:\n  - a\n  - b', {
      fix: 'Correct both.',
      faults: [
        { code: 'BANYAN_CONFIG_INVALID', what: 'a', fix: 'do a', at: 'state.database' },
        { code: 'BANYAN_CONFIG_INVALID', what: 'b', fix: 'do b' },
      ],
    });
    const text = renderError(error, paintFor(new PassThrough()));
    expect(text).not.toContain('\u001b');
    expect(text.split('\n')).toEqual([
      'error banyan.config.ts has 2 faults:',
      '  ✗ state.database  a [BANYAN_CONFIG_INVALID]',
      '      fix: do a',
      '  ✗ b [BANYAN_CONFIG_INVALID]',
      '      fix: do b',
      '  fix:  Correct both.',
      '  code: BANYAN_CONFIG_INVALID (docs/errors.md)',
    ]);
  });
});

describe('progress in a pipe', () => {
  it('is a line at the begin and end of a phase and one every few seconds, never a bar', () => {
    const stream = new PassThrough();
    let now = 0;
    const view = progressView({ stream, now: () => now, lineEveryMs: 5_000 });
    for (let done = 0; done <= 10_000; done += 100) {
      view.update({ phase: 'copy', done, total: 10_000 });
      now += 100;
    }
    view.update({ phase: 'gate', about: 'looking whether it may begin' });
    view.stop();
    const lines = String(stream.read()).trimEnd().split('\n');
    expect(lines[0]).toBe('copy      0 %  0/10,000 rows');
    expect(lines[1]).toMatch(/^copy {6}50 % {2}5,000\/10,000 rows {2}1,000\/s {2}ETA 5s$/);
    expect(lines.at(-2)).toMatch(/^copy {6}100 % {2}10,000\/10,000 rows/);
    expect(lines.at(-1)).toBe('gate      looking whether it may begin');
    expect(lines.length).toBeLessThanOrEqual(5);
  });
});

it('lines are broken between words, and not at all without a width', () => {
  const line = 'one two three four five six seven eight';
  expect(wrapLines(`${line}\n  short`, 20)).toBe(
    'one two three four\n    five six seven\n    eight\n  short',
  );
  expect(wrapLines('✓ a longer name   one two three four five', 30)).toBe(
    '✓ a longer name   one two\n    three four five',
  );
  expect(wrapLines('who  one two three four five', 21)).toBe('who  one two three\n     four five');
  expect(wrapLines('run this: `banyan plan product` at 5 % now', 34)).toBe(
    'run this: `banyan plan product` at\n    5 % now',
  );
  expect(wrapLines(line, undefined)).toBe(line);
  expect(wrapLines('a-word-that-is-longer-than-the-screen', 20)).toBe(
    'a-word-that-is-longer-than-the-screen',
  );
});

it('statements and commands are broken so that they run when they are copied from the screen', () => {
  const sql = "DELETE FROM `a b`.`t` WHERE x = 'one -- two   three'; -- legacy: this feature’s own rows";
  const broken = wrapStatements(sql, 40);
  expect(broken).toBe(
    "DELETE FROM `a b`.`t` WHERE x =\n  'one -- two   three';\n-- legacy: this feature’s own rows",
  );
  expect(wrapStatements(sql, undefined)).toBe(sql);
  expect(wrapCommand('  banyan canary product --why "one in ten"', 34).join('\n')).toBe(
    '  banyan canary product --why \\\n      "one in ten"',
  );
});

it('a column that is read as one keeps its width, and the others give way', () => {
  const at = '2026-11-30 17:27:26';
  const text = renderTable(
    [
      { title: 'when', value: () => at, whole: true },
      { title: 'why', value: () => 'numbers look good to everybody who was asked' },
    ],
    [{}],
    { paint: { ...paintFor(new PassThrough()), columns: 40 } },
  );
  expect(text).toContain(`${at}  numbers look good`);
  for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(40);
});

describe('a bar', () => {
  it.each([50, 80])('of %i columns fits its line, and what stays says how far it came', (columns) => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns });
    const view = progressView({ stream });
    view.update({ phase: 'look at the rows', done: 1, total: 200_000, rate: 289_598 });
    view.update({ phase: 'look at the rows', done: 150_000, total: 200_000, rate: 289_598 });
    view.stop();
    const written = stripColours(String(stream.read()));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what moves the cursor
    const lines = written.split(/[\n\r]|\u001b(?:\[[?0-9;]*[A-Za-z]|\d)/).map((line) => line.trimEnd());
    expect(lines.filter((line) => textWidth(line) >= columns)).toEqual([]);
    expect(lines.findLast((line) => line !== '')).toMatch(/75% {2}150,000\/200,000 rows$/);
  });

  it('ends with its own figures when the next one begins', () => {
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
    const view = progressView({ stream });
    view.update({ phase: 'products', done: 3_000, total: 3_000 });
    view.update({ phase: 'orders', done: 1_000, total: 2_000 });
    const written = stripColours(String(stream.read()));
    view.stop();
    expect(written).not.toMatch(/products [^\n]*1,000/);
  });
});

it('elsewhere than on a terminal the end of a step is told once, however often it is told', () => {
  const stream = new PassThrough();
  const view = progressView({ stream, lineEveryMs: 0 });
  view.update({ phase: 'verify', done: 5, total: 5 });
  view.update({ phase: 'verify', done: 5, total: 5 });
  view.stop();
  expect(String(stream.read()).match(/100 %/g)).toHaveLength(1);
});
