import type { ProgressLine } from '../../../api/contract/progress.ts';
import { asError, post } from '../http.ts';
import { changed, state } from '../state.ts';
import { type Command, type CommandName, commands, requestOf } from './catalog.ts';
import type { RunningCommand } from './running-command.ts';

/** As the command line has it where nobody gave a reason. */
const noReason = '(no reason given)';

export function openCommand(name: CommandName, feature: string): void {
  const command: RunningCommand = {
    ...{ name, feature, fields: {}, why: '', typed: '', phase: 'asked' },
    ...{ rehearsal: null, progress: [], result: null, error: null },
  };
  state.command = command;
  changed();
  const about: Command = commands[name];
  // What needs no field to be filled in can be looked at at once.
  if (about.rehearsed && /^(cutover|rollback|abandon|finish|repair|reload)$/.test(name))
    void rehearseCommand(command);
}

export function closeCommand(): void {
  state.command = null;
  changed();
}

/** What a dry run was of: another field, and it says nothing any more. */
export function bodyKey({ name, feature, fields }: RunningCommand): string {
  return JSON.stringify(requestOf(name, feature, fields));
}

export async function rehearseCommand(command: RunningCommand): Promise<void> {
  const of = bodyKey(command);
  command.phase = 'rehearsing';
  command.error = null;
  command.rehearsal = null;
  changed();
  try {
    command.rehearsal = { of, answer: await send(command, { dryRun: true }, () => undefined) };
  } catch (error) {
    command.error = asError(error);
  }
  command.phase = 'asked';
  changed();
}

export async function giveCommand(command: RunningCommand): Promise<void> {
  if (command.phase !== 'asked') return;
  command.phase = 'running';
  command.error = null;
  changed();
  try {
    const why = command.why.trim() === '' ? noReason : command.why.trim();
    command.result = await send(command, { why }, (line) => {
      command.progress = withLine(command.progress, line);
      changed();
    });
  } catch (error) {
    command.error = asError(error);
  }
  command.phase = 'done';
  changed();
}

function send(
  { name, feature, fields }: RunningCommand,
  more: object,
  onProgress: (line: ProgressLine) => void,
): Promise<unknown> {
  const { path, body } = requestOf(name, feature, fields);
  return post(path, { ...body, ...more }, onProgress);
}

/** The latest of each phase, in the order in which they began. */
function withLine(lines: readonly ProgressLine[], line: ProgressLine): readonly ProgressLine[] {
  const known = lines.findIndex(({ phase }) => phase === line.phase);
  return known < 0 ? [...lines, line] : lines.with(known, line);
}
