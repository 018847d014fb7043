import { once } from 'node:events';
import { Command } from 'commander';
import { exitCodes } from '../cli/exit-codes.ts';
import { interruptSignal } from '../cli/interrupt-signal.ts';
import { runProgram } from '../cli/run-program.ts';
import type { Engine } from '../servers/index.ts';
import { renderAddresses } from '../stack/render-addresses.ts';
import { engineOption, rowsOption, wholeNumber } from '../stack/stack-flags.ts';
import { stackSettings } from '../stack/stack-settings.ts';
import { type Stack, startStack } from '../stack/start-stack.ts';
import { StepPrinter } from '../stack/step-printer.ts';
import { formatCount } from '../terminal/numbers.ts';
import { paintFor } from '../terminal/paint.ts';
import type { Narrator } from './narrator.ts';
import { renderReport } from './render-report.ts';
import { runDemo } from './run-demo.ts';

interface Flags {
  readonly exit?: boolean;
  readonly json?: boolean;
  readonly rows: number;
  readonly seconds: number;
  readonly engine: Engine;
}

const program = new Command('demo')
  .description(
    'A live shop moves its product feature from the monolith to a Thrift service with a database of its own, goes back, and moves again: traffic never stops.',
  )
  .addOption(rowsOption())
  .option('--seconds <n>', 'how long traffic runs', wholeNumber({ least: 5, most: 86_400 }), 100)
  .addOption(engineOption())
  .option('--exit', 'end when the report is printed; without it, on a terminal, everything stays up')
  .option('--json', 'print the report as one JSON object on the last line of stdout')
  .addHelpText('after', '\nExample:\n  npm run demo -- --engine mysql --rows 200000 --seconds 180\n')
  .action(run);

async function run(flags: Flags): Promise<void> {
  const signal = interruptSignal(process);
  // With --json stdout is for the report: the story is told on stderr.
  const stream = flags.json ? process.stderr : process.stdout;
  const paint = paintFor(stream);
  const say = (text: string) => void stream.write(`${text}\n`);
  let narrator: Narrator | undefined;
  const printer = new StepPrinter({
    stream,
    note: (text) => (narrator === undefined ? say(`  ${text}`) : narrator.note(text)),
  });
  let stack: Stack | undefined;
  try {
    const settings = await stackSettings({ ...flags, routers: 1, restart: true, accessLog: 1 }, process.env);
    say(`${paint.strong('banyan demo')}  ${flags.engine}, ${formatCount(flags.rows)} products\n`);
    stack = await startStack(settings, printer, signal);
    say(`\n${paint.strong('The story')}`);
    const report = await runDemo({
      stack,
      seconds: flags.seconds,
      stream,
      signal,
      onNarrator: (told) => {
        narrator = told;
      },
    });
    say(`\n${paint.strong('The report')}\n\n${renderReport(report, paint)}`);
    if (flags.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    process.exitCode = report.ok ? exitCodes.ok : exitCodes.failed;
    if (!flags.exit && process.stdout.isTTY) await stayUp(stack, signal, say);
  } catch (error) {
    printer.abandon();
    if (!signal.aborted) throw error;
    say('\nInterrupted: stopping everything.');
    process.exitCode = exitCodes.interrupted;
  } finally {
    await stack?.stop();
  }
}

async function stayUp(stack: Stack, signal: AbortSignal, say: (text: string) => void): Promise<void> {
  say(`\nEverything stays up: look around, or drive it yourself with \`npx banyan status\`.\n`);
  say(renderAddresses(stack.info(), paintFor(process.stdout)));
  say('\nCtrl-C stops everything.');
  if (!signal.aborted) await once(signal, 'abort');
}

await runProgram(program);
