import { defaultGuardSettings, type GuardAction, type GuardSettings } from './guard-settings.ts';

/** A guard as it is asked for. */
export interface GuardInput {
  /** `step-back`, `freeze`, after a cutover `rollback`. */
  readonly action?: string | undefined;
  readonly webhook?: string | undefined;
  readonly minimumRequests?: number | undefined;
}

/** Reads it, and tells every fault. `actions`: what may be done here, the usual one first. */
export function readGuard(
  { action, webhook, minimumRequests }: GuardInput,
  actions: readonly GuardAction[],
  fault: (at: string, what: string, fix: string) => void,
): GuardSettings {
  const usual = defaultGuardSettings;
  const known = actions.find((one) => one === (action ?? usual.action));
  if (known === undefined)
    fault('guard.action', `${JSON.stringify(action)} is no action here`, `Give ${actions.join(' or ')}.`);
  if (webhook !== undefined && !/^https?:$/.test(URL.canParse(webhook) ? new URL(webhook).protocol : ''))
    fault('guard.webhook', `${JSON.stringify(webhook)} is no http(s) address`, 'Give the whole address.');
  const least = minimumRequests ?? usual.minimumRequests;
  if (!Number.isInteger(least) || least < 1)
    fault('guard.minimumRequests', `${least} is no number of requests`, 'Give a whole number from 1 up.');
  return {
    ...usual,
    action: known ?? usual.action,
    webhook: webhook ?? null,
    minimumRequests: least,
  };
}
