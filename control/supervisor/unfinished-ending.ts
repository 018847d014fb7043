import { endingCommand, type FeatureState } from '../feature/index.ts';

/** What is left to do of an `abandon` or a `finish` that was cut off or failed, while no command runs; null: nothing. Pure. */
export function unfinishedEnding({
  feature,
  ending,
}: Pick<FeatureState, 'feature' | 'ending'>): string | null {
  if (ending === null) return null;
  const { command, who, why } = ending;
  return `the ${command} that ${who} began (${why}) is not done: \`${endingCommand(feature, ending)}\` does the rest`;
}
