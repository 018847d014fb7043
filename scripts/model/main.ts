import { Command } from 'commander';
import { exitCodes } from '../cli/exit-codes.ts';
import { interruptSignal } from '../cli/interrupt-signal.ts';
import { runProgram } from '../cli/run-program.ts';
import { withRunContext } from '../runs/run-context.ts';
import { type Paint, paintFor } from '../terminal/paint.ts';
import { type Column, renderTable } from '../terminal/table.ts';
import { type ModelCase, modelCases, quickCases } from './cases.ts';
import { type CaseResult, checkCase } from './check-case.ts';
import { findModelTools } from './find-spin.ts';

/** One for each of two cores: the two large searches side by side take no longer than the larger one. */
const atOnce = 2;

async function checkAll(cases: readonly ModelCase[], signal: AbortSignal): Promise<CaseResult[]> {
  const tools = await findModelTools(signal);
  const log = (text: string) => process.stderr.write(`${text}\n`);
  return withRunContext({ name: 'model', signal, log }, async ({ folder }) => {
    const waiting = [...cases];
    const results = new Map<string, CaseResult>();
    const worker = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const result = await checkCase(next, tools, folder, signal);
        results.set(next.name, result);
        log(
          `${result.asExpected ? '✓' : '✗'} ${next.name}: ${result.states.toLocaleString('en-US')} states, ${result.seconds} s`,
        );
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    return cases.flatMap(({ name }) => results.get(name) ?? []);
  });
}

function render(results: readonly CaseResult[], paint: Paint): string {
  const columns: Column<CaseResult>[] = [
    {
      title: 'model',
      value: (result) => (result.asExpected ? paint.good(`✓ ${result.name}`) : paint.bad(`✗ ${result.name}`)),
    },
    { title: 'states', align: 'right', value: (result) => result.states.toLocaleString('en-US') },
    {
      title: 'errors',
      value: (result) => (result.errors === 0 ? 'none' : 'found'),
    },
    { title: 'what is tried', value: (result) => result.about },
  ];
  return renderTable(columns, results, { paint });
}

const program = new Command('model')
  .description(
    'Searches the whole state space of the handover’s models (test/model/) with Spin, then again without each guard.',
  )
  .option('--json', 'print the results as one JSON array on the last line of stdout')
  .option('--quick', 'the smallest state space and one guard: a few seconds')
  .addHelpText('after', '\nExample:\n  npm run model\n')
  .action(async (flags: { json?: boolean; quick?: boolean }) => {
    const interrupted = interruptSignal(process);
    try {
      const results = await checkAll(flags.quick ? quickCases : modelCases, interrupted);
      if (flags.json) console.log(JSON.stringify(results));
      else console.log(`\n${render(results, paintFor(process.stdout))}`);
      if (results.some((result) => !result.asExpected)) process.exitCode = exitCodes.failed;
    } catch (error) {
      if (interrupted.aborted) process.exitCode = exitCodes.interrupted;
      else throw error;
    }
  });

await runProgram(program);
