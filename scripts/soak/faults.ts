import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Option } from 'commander';
import { z } from 'zod';
import { wholeNumber } from '../runs/whole-number.ts';
import type { CellResult } from './faults/run-cell.ts';
import type { Soak } from './soak.ts';

const flagsOf = z.object({
  only: z.instanceof(RegExp).optional(),
  engine: z.enum(['mariadb', 'mysql']).optional(),
  from: z.number().default(1),
  cells: z.number().optional(),
  square: z.boolean().default(false),
  missing: z.boolean().default(false),
  jobs: z.number().default(1),
  writeDocs: z.boolean().default(false),
});

const docs = (name: string) => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));
const quickCells = 12;

export const soak: Soak = {
  name: 'faults',
  summary:
    'at every point of copy, apply, verify, handover, abandon and finish, every kind of fault at every part, on both engines, under traffic with a ledger (some ten hours; in parts)',
  options: [
    new Option('--only <pattern>', 'cells whose description matches, as the log has it').argParser(
      (text: string) => new RegExp(text),
    ),
    new Option('--engine <engine>', 'on this one').choices(['mariadb', 'mysql']),
    new Option('--square', 'for every point of these every kind of fault once, point after point'),
    new Option('--from <n>', 'begin with the nth of the chosen cells: to go on').argParser(wholeNumber),
    new Option('--cells <n>', 'no more than so many').argParser(wholeNumber),
    new Option('--missing', 'leave out what docs/faults.tsv has as well'),
    new Option('--jobs <n>', 'so many deployments side by side').argParser(wholeNumber),
    new Option('--write-docs', 'keep each outcome in docs/faults.tsv, and the table in docs/reliability.md'),
  ],
  async run({ folder, signal, log, quick, flags }) {
    const { allCells, describeCell } = await import('./faults/cells.ts');
    const { Record } = await import('./faults/record.ts');
    const { intoPage, renderRecord } = await import('./faults/render-record.ts');
    const { runMatrix } = await import('./faults/run-matrix.ts');
    const { squareOf } = await import('./faults/square.ts');
    const { only, engine, square, from, cells: most, missing, jobs, writeDocs } = flagsOf.parse(flags);
    const record = await Record.open(docs('faults.tsv'));
    const wanted = allCells(engine && [engine]).filter((cell) => only?.test(describeCell(cell)) ?? true);
    const chosen = (square ? squareOf(wanted, (cell) => record.wasWell(cell)) : wanted)
      .filter((cell) => !missing || !record.wasWell(cell))
      .slice(from - 1)
      .slice(0, most ?? (quick ? quickCells : undefined));
    const on = new Date().toISOString().slice(0, 10);
    const version = await gitVersion();
    const results: CellResult[] = [];
    try {
      await runMatrix({
        ...{ folder, cells: chosen, jobs, signal, log },
        async onResult(result) {
          results.push(result);
          const { cell, healedMs, findings } = result;
          if (writeDocs) await record.add(cell, { on, version, healedMs, findings: findings.join('; ') });
        },
      });
    } finally {
      if (writeDocs) {
        const page = docs('reliability.md');
        await writeFile(page, intoPage(await readFile(page, 'utf8'), renderRecord(record.entries)));
      }
    }
    const healed = results.flatMap(({ healedMs }) => healedMs ?? []).sort((a, b) => a - b);
    return {
      facts: {
        cells: results.length,
        'cells without a finding': results.filter(({ findings }) => findings.length === 0).length,
        'well again after the fault, median ms': healed[Math.floor(healed.length / 2)] ?? 0,
        'well again after the fault, at most ms': healed.at(-1) ?? 0,
      },
      failures: results.flatMap(({ cell, findings }) =>
        findings.map((finding) => `${describeCell(cell)}: ${finding}`),
      ),
    };
  },
};

async function gitVersion(): Promise<string> {
  const { stdout } = await promisify(execFile)('git', ['rev-parse', '--short', 'HEAD'], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });
  return stdout.trim();
}
