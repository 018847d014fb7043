import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { BanyanError } from '../../common/errors.ts';
import type { CliIo } from './cli-io.ts';

/** Adds the option of every command that asks before it begins. */
export function withYesOption(command: Command): Command {
  return command.option('-y, --yes', 'do not ask first; without a terminal nobody is asked');
}

/** Whether somebody is there to be asked: what is typed and what is read are a terminal. */
export function isAsked({ stdin, stderr }: CliIo, yes: boolean | undefined): boolean {
  return !yes && stdin?.isTTY === true && stderr.isTTY === true;
}

/** Asks, and goes on at `y` or `yes` alone. Throws `BANYAN_NOT_CONFIRMED`, or `BANYAN_INTERRUPTED` after Ctrl-C. */
export async function confirm(io: CliIo, question: string): Promise<void> {
  const lines = createInterface({ input: io.stdin!, output: io.stderr });
  // The terminal belongs to readline meanwhile: Ctrl-C is a key, and Ctrl-D ends the answer.
  const { promise, resolve } = Promise.withResolvers<'interrupted' | 'no answer'>();
  lines.once('SIGINT', () => resolve('interrupted')).once('close', () => resolve('no answer'));
  io.signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
  const answer = await Promise.race([lines.question(`${question} [y/N] `), promise]);
  lines.close();
  if (/^y(es)?$/i.test(answer.trim())) return;
  if (answer === 'interrupted' || answer === 'no answer') io.stderr.write('\n');
  if (answer === 'interrupted') {
    throw new BanyanError('BANYAN_INTERRUPTED', 'Interrupted: nothing was begun.', {
      fix: 'Run it again, and answer y.',
    });
  }
  throw new BanyanError('BANYAN_NOT_CONFIRMED', 'Nothing was begun.', { fix: 'Answer y, or give --yes.' });
}
