import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { exitCodes } from '../cli/exit-codes.ts';
import { interruptSignal } from '../cli/interrupt-signal.ts';
import { runProgram } from '../cli/run-program.ts';
import type { Engine } from '../servers/index.ts';
import { paintFor } from '../terminal/paint.ts';
import { partNames } from './parts/index.ts';
import { renderAddresses } from './render-addresses.ts';
import { engineOption, rowsOption, wholeNumber } from './stack-flags.ts';
import { writeStackInfo } from './stack-info.ts';
import { type StackOptions, stackSettings } from './stack-settings.ts';
import { type Stack, startStack } from './start-stack.ts';
import { StepPrinter } from './step-printer.ts';

interface Flags {
  readonly info?: string;
  readonly rows: number;
  readonly routers: number;
  readonly engine: Engine;
  readonly all?: true;
  readonly benefits?: true;
  readonly events?: true;
  readonly restart: boolean;
}

const program = new Command('stack')
  .description(
    'Starts the demo shop: the monolith, the product service, a database server each, control and routers. Ctrl-C stops it.',
  )
  .option('--info <file>', 'write addresses, credentials and process ids here once all is ready')
  .addOption(rowsOption())
  .option('--routers <n>', 'router replicas', wholeNumber({ least: 1, most: 16 }), 1)
  .addOption(engineOption())
  .option('--all', 'every service of the shop, and the monolith’s faces as a process each')
  .option('--benefits', 'the benefits function too, on a local Lambda endpoint and DynamoDB')
  .option('--events', 'the product service’s events too, on a local NATS server')
  .option('--no-restart', 'leave a process that dies dead')
  .addHelpText('after', '\nExample:\n  npm run stack -- --info stack.json --rows 10000\n')
  .action(run);

async function run(flags: Flags): Promise<void> {
  const signal = interruptSignal(process);
  const infoFile = flags.info === undefined ? undefined : resolve(flags.info);
  let stack: Stack | undefined;
  let writing: Promise<void> = Promise.resolve();
  const rewrite = () => {
    if (infoFile === undefined || stack === undefined) return;
    const { info } = stack;
    writing = writing.then(() => writeStackInfo(infoFile, info()));
  };
  const printer = new StepPrinter({ stream: process.stdout, onChange: rewrite });
  try {
    // What an earlier stack left there is not to be taken for this one's.
    if (infoFile !== undefined) await rm(infoFile, { force: true });
    const { rows, routers, engine, restart } = flags;
    const options = { rows, routers, engine, restart, accessLog: 1, ...chosen(flags) };
    stack = await startStack(await stackSettings(options, process.env), printer, signal);
    rewrite();
    await writing;
    console.log(renderAddresses(stack.info(), paintFor(process.stdout)));
    console.log('\nReady. Ctrl-C stops everything.');
    if (!signal.aborted) await once(signal, 'abort');
    console.log('\nStopping …');
  } catch (error) {
    printer.abandon();
    if (!signal.aborted) throw error;
    process.exitCode = exitCodes.interrupted;
  } finally {
    await stack?.stop();
    await writing;
  }
}

function chosen({ all, benefits, events }: Flags): Pick<StackOptions, 'parts' | 'faces'> {
  if (all) return { parts: partNames, faces: true };
  return {
    parts: [
      'product',
      ...(benefits ? (['benefits'] as const) : []),
      ...(events ? (['events'] as const) : []),
    ],
  };
}

await runProgram(program);
