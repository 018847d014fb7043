import { counted } from '../../../common/numbers.ts';
import type { MonolithAnswer } from '../contract/answers/index.ts';

/** What is left in the monolith, as the command line and the dashboard say it. Pure. */

interface Standing {
  readonly feature: string | null;
  readonly stage: string | null;
}

/** Of a feature whose rows the service owns: the monolith's no more. */
export function hasLeft({ stage }: Standing): boolean {
  return stage === 'extracted' || stage === 'finished';
}

export function tallyWords(all: readonly Standing[]): string {
  const left = all.filter(hasLeft).length;
  const planned = all.filter((one) => one.feature !== null && !hasLeft(one)).length;
  return `${all.length}; ${left} left with their feature, ${planned} of features that have not left, ${all.length - left - planned} of no feature`;
}

export function seamsWords(seams: MonolithAnswer['seams']): string {
  if (seams.length === 0) return 'none in a process that is alive';
  const legacy = seams.filter(({ side }) => side === 'legacy').length;
  return `${counted(seams.length, 'feature')} asked for by seams, counted by process; ${legacy} still ${legacy === 1 ? 'calls' : 'call'} legacy`;
}
