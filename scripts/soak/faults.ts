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
  missing: z.boolean().default(false),
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
    new Option('--from <n>', 'begin with the nth of the chosen cells: to go on').argParser(wholeNumber),
    new Option('--cells <n>', 'no more than so many').argParser(wholeNumber),
    new Option('--missing', 'leave out what docs/faults.tsv has as well'),
    new Option('--write-docs', 'keep each outcome in docs/faults.tsv, and the table in docs/reliability.md'),
  ],
  async run({ folder, signal, log, quick, flags }) {
    const { allCells, describeCell } = await import('./faults/cells.ts');
    const { Record } = await import('./faults/record.ts');
    const { intoPage, renderRecord } = await import('./faults/render-record.ts');
    const { runMatrix } = await import('./faults/run-matrix.ts');
    const { only, engine, from, cells: most, missing, writeDocs } = flagsOf.parse(flags);
    const record = await Record.open(docs('faults.tsv'));
    const chosen = allCells(engine && [engine])
      .filter((cell) => only === undefined || only.test(describeCell(cell)))
      .filter((cell) => !missing || record.of(cell)?.findings !== '')
      .slice(from - 1)
      .slice(0, most ?? (quick ? quickCells : undefined));
    const on = new Date().toISOString().slice(0, 10);
    const version = await gitVersion();
    const results: CellResult[] = [];
    try {
      await runMatrix({
        ...{ folder, cells: chosen, signal, log },
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
