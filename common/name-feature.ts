import type { Fault } from './errors.ts';

/** Commands that ask for a feature; `status`, `check` and `grants` do without. */
const asking =
  'schema|copy|throttle|verify|repair|shadow|diff|canary|cutover|rollback|abort|pause|resume|freeze|unfreeze|abandon|finish';
const unnamed = new RegExp(`\`banyan (${asking})(?: FEATURE)?((?: --[^\`]*)?)\``, 'g');

/**
 * What rooms below control say of a move names commands without its feature, which they need not know: with it the command can be pasted.
 * What names one already stays as it is.
 */
export function nameFeature(text: string, feature: string): string {
  return text.replace(
    unnamed,
    (_, command: string, flags: string) => `\`banyan ${command} ${feature}${flags}\``,
  );
}

/** The same for an error, or a line of a report, and for the faults that it lists. */
export function withFeature<One extends { readonly fix?: string; readonly faults?: readonly Fault[] }>(
  one: One,
  feature: string,
): One {
  return {
    ...one,
    ...(one.fix === undefined ? {} : { fix: nameFeature(one.fix, feature) }),
    ...(one.faults === undefined
      ? {}
      : { faults: one.faults.map((fault) => ({ ...fault, fix: nameFeature(fault.fix, feature) })) }),
  };
}
