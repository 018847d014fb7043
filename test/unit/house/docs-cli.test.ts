import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import type { CliIo } from '../../../scripts/cli/cli-io.ts';
import { buildProgram } from '../../../scripts/cli/program.ts';
import { cliPage } from '../../../scripts/docs/cli-page.ts';
import { textWidth } from '../../../scripts/terminal/text-width.ts';

const root = join(import.meta.dirname, '../../..');

test('docs/cli.md is what the commands say of themselves: `npm run docs:cli` writes it', () => {
  const page = readFileSync(join(root, 'docs/cli.md'), 'utf8');
  expect(cliPage(page)).toBe(page);
});

test('each page of long help is a command’s', () => {
  const sink = { write: () => true } as unknown as CliIo['stdout'];
  const io = { stdout: sink, stderr: sink, env: {}, directory: root, signal: AbortSignal.abort() };
  const names = buildProgram(io, { exitCode: 0 }).commands.map((command) => `${command.name()}.md`);
  const pages = readdirSync(join(root, 'scripts/cli/help'));
  expect(pages.filter((page) => !names.includes(page))).toEqual([]);
});

test('what --help prints fits a terminal of 80 columns, and each command shows how it is used', () => {
  let text = '';
  const write = (piece: unknown, _encoding: unknown, done: () => void) => {
    text += String(piece);
    done();
  };
  const stdout = Object.assign(new Writable({ write }), { columns: 80 });
  const io = { stdout, stderr: stdout, env: {}, directory: root, signal: AbortSignal.abort() };
  const below = (command: Command): Command[] => [command, ...command.commands.flatMap(below)];
  const faults = below(buildProgram(io, { exitCode: 0 })).flatMap((command) => {
    text = '';
    command.outputHelp();
    const long = text.split('\n').filter((line) => textWidth(line) > 80);
    return /^Examples?:$/m.test(text) ? long : [`${command.name()} has no example`, ...long];
  });
  expect(faults).toEqual([]);
});
