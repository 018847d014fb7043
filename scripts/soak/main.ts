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
import type { Soak } from './soak.ts';

interface Flags extends Readonly<Record<string, unknown>> {
  readonly json?: boolean;
  readonly quick?: boolean;
  readonly seed?: number;
}

const soaks = await Promise.all((await soakNames()).map(loadSoak));
const program = new Command('soak')
  .description('Tests that take longer than the suite may: each prints its figures and what failed.')
  .argument('[name]', 'which soak; without it, all are listed')
  .option('--json', 'print the result as one JSON object on the last line of stdout')
  .addHelpText('after', '\nExample:\n  npm run soak -- handovers --json\n')
  .action(async (name: string | undefined, { json }: Flags) => {
    // Names that exist are commands of their own: this one does not.
    if (name !== undefined) await loadSoak(name);
    list(json ?? false);
  });
for (const soak of soaks) {
  const command = program
    .command(soak.name)
    .description(soak.summary)
    .option('--json', 'print the result as one JSON object on the last line of stdout')
    .option('--seed <n>', 'repeat a run that was made with this seed', wholeNumber)
    .option('--quick', 'small and short: to try a soak out')
    .addHelpText('after', `\nExample:\n  npm run soak -- ${soak.name} --json\n`)
    .action(() => run(soak, command.optsWithGlobals<Flags>()));
  for (const option of soak.options ?? []) command.addOption(option);
}
await runProgram(program);

function list(json: boolean): void {
  if (json) {
    console.log(JSON.stringify(soaks.map(({ name, summary }) => ({ name, summary }))));
    return;
  }
  const columns = [
    { title: 'soak', value: (soak: Soak) => soak.name },
    { title: 'tries', value: (soak: Soak) => soak.summary },
  ];
  console.log(renderTable(columns, soaks, { paint: paintFor(process.stdout) }));
}

async function run(soak: Soak, flags: Flags): Promise<void> {
  const interrupted = interruptSignal(process);
  try {
    const result = await runSoak({
      ...{ soak, flags },
      quick: flags.quick ?? false,
      seed: flags.seed ?? randomInt(1, 2 ** 31),
      signal: interrupted,
      log: (text) => process.stderr.write(`${text}\n`),
    });
    if (flags.json) console.log(JSON.stringify(result));
    else console.log(`\n${renderSoak(result, paintFor(process.stdout))}`);
    if (result.failures.length > 0) process.exitCode = exitCodes.failed;
  } catch (error) {
    if (interrupted.aborted) process.exitCode = exitCodes.interrupted;
    else throw error;
  }
}
