import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CliIo } from '../../../scripts/cli/cli-io.ts';
import { buildProgram } from '../../../scripts/cli/program.ts';
import { cliPage } from '../../../scripts/docs/cli-page.ts';

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
