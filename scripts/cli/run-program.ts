import { type Command, CommanderError } from 'commander';
import { describeError } from '../../common/errors.ts';
import { paintFor } from '../terminal/paint.ts';
import { renderError } from '../terminal/print-error.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';

/** Runs an `npm run …` program with the same errors and exit statuses as the `banyan` command. */
export async function runProgram(program: Command): Promise<void> {
  program.exitOverride().showHelpAfterError('(add --help for how to use it)');
  try {
    await program.parseAsync(process.argv);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
      return;
    }
    if (process.argv.includes('--json')) console.log(JSON.stringify({ error: describeError(error) }));
    process.stderr.write(`${renderError(error, paintFor(process.stderr))}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
