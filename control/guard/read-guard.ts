import { defaultGuardSettings, type GuardSettings } from './guard-settings.ts';

/** A guard as it is asked for. */
export interface GuardInput {
  /** `step-back` or `freeze`. */
  readonly action?: string | undefined;
  readonly webhook?: string | undefined;
  readonly minimumRequests?: number | undefined;
}

/** Reads it, and tells every fault. */
export function readGuard(
  { action, webhook, minimumRequests }: GuardInput,
  fault: (at: string, what: string, fix: string) => void,
): GuardSettings {
  const usual = defaultGuardSettings;
  const known = action === undefined || action === 'freeze' || action === 'step-back';
  if (!known) fault('guard.action', `${JSON.stringify(action)} is no action`, 'Give step-back or freeze.');
  if (webhook !== undefined && !/^https?:$/.test(URL.canParse(webhook) ? new URL(webhook).protocol : ''))
    fault('guard.webhook', `${JSON.stringify(webhook)} is no http(s) address`, 'Give the whole address.');
  const least = minimumRequests ?? usual.minimumRequests;
  if (!Number.isInteger(least) || least < 1)
    fault('guard.minimumRequests', `${least} is no number of requests`, 'Give a whole number from 1 up.');
  return {
    ...usual,
    action: known ? ((action as GuardSettings['action'] | undefined) ?? usual.action) : usual.action,
    webhook: webhook ?? null,
    minimumRequests: least,
  };
}
