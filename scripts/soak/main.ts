import { randomInt } from 'node:crypto';
import { Command } from 'commander';
import { exitCodes } from '../cli/exit-codes.ts';
import { interruptSignal } from '../cli/interrupt-signal.ts';
import { runProgram } from '../cli/run-program.ts';
import { wholeNumber } from '../runs/whole-number.ts';
import { paintFor } from '../terminal/paint.ts';
import { renderTable } from '../terminal/table.ts';
import { loadSoak, soakNames } from './runner/find-soaks.ts';
import { renderSoak } from './runner/render-soak.ts';
import { runSoak } from './runner/run-soak.ts';

interface Flags {
  readonly json?: boolean;
  readonly quick?: boolean;
  readonly seed?: number;
}

async function run(name: string | undefined, flags: Flags): Promise<void> {
  const paint = paintFor(process.stdout);
  if (name === undefined) {
    const soaks = await Promise.all((await soakNames()).map(loadSoak));
    if (flags.json) console.log(JSON.stringify(soaks.map(({ name, summary }) => ({ name, summary }))));
    else {
      const columns = [
        { title: 'soak', value: (soak: (typeof soaks)[number]) => soak.name },
        { title: 'tries', value: (soak: (typeof soaks)[number]) => soak.summary },
      ];
      console.log(renderTable(columns, soaks, { styleTitle: paint.faint }));
    }
    return;
  }

  const interrupted = interruptSignal(process);
  const soak = await loadSoak(name);
  try {
    const result = await runSoak({
      soak,
      quick: flags.quick ?? false,
      seed: flags.seed ?? randomInt(1, 2 ** 31),
      signal: interrupted,
      log: (text) => process.stderr.write(`${text}\n`),
    });
    if (flags.json) console.log(JSON.stringify(result));
    else console.log(`\n${renderSoak(result, paint)}`);
    if (result.failures.length > 0) process.exitCode = exitCodes.failed;
  } catch (error) {
    if (interrupted.aborted) process.exitCode = exitCodes.interrupted;
    else throw error;
  }
}

const program = new Command('soak')
  .description('Tests that take longer than the suite may: each prints its figures and what failed.')
  .argument('[name]', 'which soak; without it, all are listed')
  .option('--json', 'print the result as one JSON object on the last line of stdout')
  .option('--seed <n>', 'repeat a run that was made with this seed', wholeNumber)
  .option('--quick', 'small and short: to try a soak out')
  .addHelpText('after', '\nExample:\n  npm run soak -- faults --json\n')
  .action(run);

await runProgram(program);
