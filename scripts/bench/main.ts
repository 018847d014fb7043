import { Command } from 'commander';
import { BanyanError } from '../../common/errors.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { interruptSignal } from '../cli/interrupt-signal.ts';
import { runProgram } from '../cli/run-program.ts';
import { wholeNumber } from '../runs/whole-number.ts';
import { paintFor } from '../terminal/paint.ts';
import { renderTable } from '../terminal/table.ts';
import type { Bench } from './bench.ts';
import { benchNames, loadBench } from './runner/find-benches.ts';
import { renderResult } from './runner/render-result.ts';
import { runBench } from './runner/run-bench.ts';

interface Flags {
  readonly json?: boolean;
  readonly rounds?: number;
  readonly minutes?: number;
  readonly quick?: boolean;
  readonly check?: boolean;
  readonly cases?: readonly string[];
  readonly peers?: readonly string[];
}

async function run(name: string | undefined, flags: Flags): Promise<void> {
  const paint = paintFor(process.stdout);
  if (name === undefined) {
    const benches = await Promise.all((await benchNames()).map(loadBench));
    if (flags.json)
      console.log(
        JSON.stringify(benches.map(({ name, summary, cases, peers }) => ({ name, summary, cases, peers }))),
      );
    else {
      const columns = [
        { title: 'bench', value: (bench: (typeof benches)[number]) => bench.name },
        { title: 'measures', value: (bench: (typeof benches)[number]) => bench.summary },
      ];
      console.log(renderTable(columns, benches, { paint }));
      for (const { name, cases, peers } of benches) {
        if (cases !== undefined) console.log(paint.faint(`${name} --cases ${cases}`));
        if (peers !== undefined) console.log(paint.faint(`${name} --peers ${peers}`));
      }
    }
    return;
  }

  const interrupted = interruptSignal(process);
  const bench = await loadBench(name);
  checkChoice(bench, 'cases', flags.cases);
  checkChoice(bench, 'peers', flags.peers);
  try {
    const { result, details } = await runBench({
      bench,
      rounds: flags.rounds ?? (flags.quick ? 1 : (bench.rounds ?? 5)),
      quick: flags.quick ?? false,
      cases: flags.cases ?? null,
      peers: flags.peers ?? null,
      ...minutesOf(flags, bench),
      signal: interrupted,
      log: (text) => process.stderr.write(`${text}\n`),
      onCase: (one, details) => process.stderr.write(`\n${renderResult(one, details, paint)}\n\n`),
    });
    if (flags.json) console.log(JSON.stringify(result));
    else console.log(`\n${renderResult(result, details, paint)}`);
    if (flags.check && details.missed.length + details.unmeasured.length > 0)
      process.exitCode = exitCodes.failed;
  } catch (error) {
    if (interrupted.aborted) process.exitCode = exitCodes.interrupted;
    else throw error;
  }
}

function minutesOf(flags: Flags, { minutes }: Bench): { readonly minutes?: number } {
  const most = flags.minutes ?? minutes;
  return most === undefined ? {} : { minutes: most };
}

function listed(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** A choice that a bench does not offer is refused, not ignored. */
function checkChoice(bench: Bench, what: 'cases' | 'peers', chosen: readonly string[] | undefined): void {
  if (chosen === undefined || bench[what] !== undefined) return;
  throw new BanyanError('BANYAN_BENCH_UNKNOWN', `The bench "${bench.name}" has no ${what} to choose from.`, {
    fix: `Leave --${what} out.`,
  });
}

const program = new Command('bench')
  .description('Measures banyan against its peers: subjects take turns in one run, medians are printed.')
  .argument('[name]', 'which bench; without it, all are listed')
  .option('--json', 'print the result as one JSON object on the last line of stdout')
  .option('--rounds <n>', 'measured rounds', wholeNumber)
  .option(
    '--minutes <n>',
    'how long all rounds together may take; those that do not fit are left out',
    wholeNumber,
  )
  .option('--cases <names>', 'what is measured, separated by commas; each bench says what it knows', listed)
  .option('--peers <names>', 'beside whom, separated by commas', listed)
  .option('--quick', 'small and short: to try a bench out, not for numbers to quote')
  .option('--check', 'exit with status 1 if a ratio misses its target, or something could not be measured')
  .addHelpText(
    'after',
    '\nExamples:\n  npm run bench -- router --json\n  npm run bench -- router --cases 64x1kB,1000x100kB/tls --peers banyan,undici --rounds 9\n',
  )
  .action(run);

await runProgram(program);
