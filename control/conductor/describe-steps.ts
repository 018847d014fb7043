import type { CutoverConfig } from '../config/index.ts';
import type { HandoverRules } from '../feature/index.ts';

/** What a handover does, step by step: for its dry run. */
export function describeSteps(rules: HandoverRules, cutover: CutoverConfig): string[] {
  const { oldOwner, newOwner } = rules;
  return [
    'verify, if the last one is outdated',
    `capture on ${newOwner}’s tables, for the way back; AUTO_INCREMENT there above ${oldOwner}’s counter, with room; the fence on ${oldOwner}’s tables made ready`,
    'guard: nobody can alter, truncate or replace one of these tables, on either side; all that no fence sees is looked at',
    `hold: every router parks writes; at most ${cutover.deadlineMs} ms until the decision, else it is taken back`,
    'barrier: wait until every live router has confirmed and ended its writes',
    `fence: ${oldOwner}’s tables refuse writes (writers in flight are waited for, at most ${cutover.lockTimeoutMs} ms)`,
    `drain: carry what is left in the log to ${newOwner}; verify the rows applied last`,
    'make sure that the guard held, that no XA transaction is prepared and no id was given out twice',
    `decide: ${newOwner} owns the rows, ${rules.readPercent} % of reads go to the service`,
    `open ${newOwner}’s tables`,
    `wait until every live router reads from ${newOwner}`,
    'release: routers send the parked writes on',
  ];
}

/** What a rollback with a loss does. */
export function describeLossySteps(cutover: CutoverConfig): string[] {
  return [
    'legacy’s AUTO_INCREMENT is lifted by 10,000: the service may have given out ids that legacy has not seen',
    `hold: every router parks writes; at most ${cutover.deadlineMs} ms until the decision, else it is taken back`,
    'barrier: wait until every live router has confirmed and ended its writes',
    'fence: the service’s tables refuse writes; where its server cannot be reached they are closed as soon as it is seen again',
    'carry over what can be; count the keys that are left, and keep them',
    'decide: legacy owns the rows; the service is given up',
    'open legacy’s tables; wait until every live router reads from legacy; release the parked writes',
    'take what moves had put on legacy’s tables away; `banyan copy` begins anew, once the service has other or empty tables',
  ];
}
