import type { Ending } from './feature-state.ts';

/** The command that does the rest of what was begun, as it can be pasted. */
export function endingCommand(feature: string, { command }: Pick<Ending, 'command'>): string {
  const [name, ...flags] = command.split(' ');
  return ['banyan', name, feature, ...flags].join(' ');
}
