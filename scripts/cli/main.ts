import { CommanderError } from 'commander';
import { describeError } from '../../common/errors.ts';
import { paintFor } from '../terminal/paint.ts';
import { renderError } from '../terminal/print-error.ts';
import type { CliIo } from './cli-io.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { Hangups } from './hangups.ts';
import { interruptSignal } from './interrupt-signal.ts';
import { buildProgram } from './program.ts';
import { usageError } from './usage-error.ts';

/** Runs one command and sets the exit status. The process then ends by itself: every command closes what it opened. */
export async function main(argv: readonly string[]): Promise<void> {
  const hangups = new Hangups(process.stdin.isTTY === true);
  const io: CliIo = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    directory: process.cwd(),
    signal: interruptSignal(process, hangups),
    hangups,
  };
  // `banyan audit | head` closes our stdout early: that is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.ok);
    throw error;
  });
  process.exitCode = await runCli(argv, io);
  // Whatever was still on its way when the interrupt came must not keep the prompt waiting.
  if (io.signal.aborted) process.exit();
}

/** The whole command line as a function: what tests call. Resolves with the exit status; prints errors itself. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  const outcome = { exitCode: exitCodes.ok as number };
  try {
    await buildProgram(io, outcome).parseAsync([...argv], { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
    const json = argv.includes('--json');
    const tell = (told: unknown) => io.stdout.write(`${JSON.stringify({ error: describeError(told) })}\n`);
    if (error instanceof CommanderError) {
      // As text commander has printed its own usage errors by now.
      if (json) tell(usageError(error));
      return exitCodes.usage;
    }
    if (json) tell(error);
    else
      io.stderr.write(`${renderError(error, paintFor(io.stderr), { stack: io.env.BANYAN_DEBUG === '1' })}\n`);
    return exitCodeOf(error);
  }
}
