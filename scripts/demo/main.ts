import { once } from 'node:events';
import { Command } from 'commander';
import { exitCodes } from '../cli/exit-codes.ts';
import { interruptSignal } from '../cli/interrupt-signal.ts';
import { runProgram } from '../cli/run-program.ts';
import type { Engine } from '../servers/index.ts';
import { partNames } from '../stack/parts/index.ts';
import { renderAddresses } from '../stack/render-addresses.ts';
import { engineOption, rowsOption, wholeNumber } from '../stack/stack-flags.ts';
import { stackSettings } from '../stack/stack-settings.ts';
import { type Stack, startStack } from '../stack/start-stack.ts';
import { StepPrinter } from '../stack/step-printer.ts';
import { formatCount } from '../terminal/numbers.ts';
import { paintFor } from '../terminal/paint.ts';
import type { AllReport } from './all/all-report.ts';
import { renderAllReport } from './all/render-all-report.ts';
import { runAll } from './all/run-all.ts';
import type { Narrator } from './narrator.ts';
import { renderReport } from './render-report.ts';
import type { DemoReport } from './report.ts';
import { runDemo } from './run-demo.ts';

interface Flags {
  readonly all?: true;
  readonly exit?: boolean;
  readonly json?: boolean;
  readonly rows: number;
  readonly seconds?: number;
  readonly engine: Engine;
}

const seconds = { product: 100, all: 180 };

const program = new Command('demo')
  .description(
    'A live shop moves its product feature from the monolith to a Thrift service with a database of its own, goes back, and moves again: traffic never stops.',
  )
  .addOption(rowsOption())
  .option('--all', 'the whole shop: one service after the other leaves, and processes are killed on the way')
  .option(
    '--seconds <n>',
    `how long traffic runs (default: ${seconds.product}, with --all ${seconds.all} beside what the moves take)`,
    wholeNumber({ least: 5, most: 86_400 }),
  )
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
    const { rows, engine, all } = flags;
    const beganAt = performance.now();
    const settings = await stackSettings(
      {
        ...{ rows, engine, restart: true, accessLog: 1 },
        ...(all ? { parts: partNames, faces: true, routers: 2 } : { routers: 1 }),
      },
      process.env,
    );
    // The config is read by this process, too: it is to be the stack's.
    Object.assign(process.env, settings.environment);
    say(`${paint.strong('banyan demo')}  ${flags.engine}, ${formatCount(flags.rows)} products\n`);
    stack = await startStack(settings, printer, signal);
    const { url, tokenFile } = stack.info().admin;
    say(
      `\n  watch it live: ${paint.accent(`${url}/dashboard/`)} ${paint.faint(`(any name; the token is in ${tokenFile})`)}`,
    );
    say(`\n${paint.strong('The story')}`);
    const onNarrator = (told: Narrator) => {
      narrator = told;
    };
    const story = { stack, stream, signal, onNarrator };
    let report: DemoReport | AllReport;
    let rendered: string;
    if (all) {
      report = await runAll({ ...story, beganAt, seconds: flags.seconds ?? seconds.all });
      rendered = renderAllReport(report, paint);
    } else {
      report = await runDemo({ ...story, seconds: flags.seconds ?? seconds.product });
      rendered = renderReport(report, paint);
    }
    say(`\n${paint.strong('The report')}\n\n${rendered}`);
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
