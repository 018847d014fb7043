import { Command } from 'commander';
import { exitCodes } from '../cli/exit-codes.ts';
import { interruptSignal } from '../cli/interrupt-signal.ts';
import { runProgram } from '../cli/run-program.ts';
import { wholeNumber } from '../runs/whole-number.ts';
import { paintFor } from '../terminal/paint.ts';
import { renderTable } from '../terminal/table.ts';
import { benchNames, loadBench } from './runner/find-benches.ts';
import { renderResult } from './runner/render-result.ts';
import { runBench } from './runner/run-bench.ts';

interface Flags {
  readonly json?: boolean;
  readonly rounds?: number;
  readonly quick?: boolean;
  readonly check?: boolean;
}

async function run(name: string | undefined, flags: Flags): Promise<void> {
  const paint = paintFor(process.stdout);
  if (name === undefined) {
    const benches = await Promise.all((await benchNames()).map(loadBench));
    if (flags.json) console.log(JSON.stringify(benches.map(({ name, summary }) => ({ name, summary }))));
    else {
      const columns = [
        { title: 'bench', value: (bench: (typeof benches)[number]) => bench.name },
        { title: 'measures', value: (bench: (typeof benches)[number]) => bench.summary },
      ];
      console.log(renderTable(columns, benches, { styleTitle: paint.faint }));
    }
    return;
  }

  const interrupted = interruptSignal(process);
  const bench = await loadBench(name);
  try {
    const { result, details } = await runBench({
      bench,
      rounds: flags.rounds ?? (flags.quick ? 1 : (bench.rounds ?? 5)),
      quick: flags.quick ?? false,
      signal: interrupted,
      log: (text) => process.stderr.write(`${text}\n`),
    });
    if (flags.json) console.log(JSON.stringify(result));
    else console.log(`\n${renderResult(result, details, paint)}`);
    if (flags.check && details.missed.length > 0) process.exitCode = exitCodes.failed;
  } catch (error) {
    if (interrupted.aborted) process.exitCode = exitCodes.interrupted;
    else throw error;
  }
}

const program = new Command('bench')
  .description('Measures banyan against its peers: subjects take turns in one run, medians are printed.')
  .argument('[name]', 'which bench; without it, all are listed')
  .option('--json', 'print the result as one JSON object on the last line of stdout')
  .option('--rounds <n>', 'measured rounds', wholeNumber)
  .option('--quick', 'small and short: to try a bench out, not for numbers to quote')
  .option('--check', 'exit with status 1 if a ratio misses its target')
  .addHelpText('after', '\nExample:\n  npm run bench -- router --json\n')
  .action(run);

await runProgram(program);
