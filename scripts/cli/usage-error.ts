import type { CommanderError } from 'commander';
import { BanyanError } from '../../common/errors.ts';

const code = 'BANYAN_REQUEST_INVALID';
const begins = 'error: ';

/** What commander says of a command line, a line for each mistake, as the error that programs are told. */
export function usageError({ message }: CommanderError): BanyanError {
  const mistakes = message
    .split('\n')
    .filter((line) => line.startsWith(begins))
    .map((line) => line.slice(begins.length));
  const fix = 'Correct it; --help says how the command is used. Nothing was begun.';
  return new BanyanError(code, mistakes.length === 0 ? 'no command is named' : mistakes.join('\n'), {
    fix,
    faults: mistakes.map((what) => ({ code, what, fix })),
  });
}
