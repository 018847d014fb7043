import { BanyanError } from '../../common/errors.ts';
import type { Side } from '../../router/table/route-table.ts';

/** Why a call through a seam was not made, or not to its end. */
export const seamErrors = {
  holdTimeout: (name: string, feature: string, waitedMs: number, isLeaseGone: boolean) =>
    new BanyanError(
      'BANYAN_SEAM_HOLD_TIMEOUT',
      isLeaseGone
        ? `${name} waited ${waitedMs} ms to hear from the state store who owns the rows of ${feature}.`
        : `${name} waited ${waitedMs} ms for a handover of ${feature} to end.`,
      {
        fix: 'Call again: nothing of it was done. `banyan status` says how the feature stands; holdMs is how long a call may wait.',
        details: { seam: name, feature, waitedMs },
      },
    ),
  holdFull: (name: string, feature: string, waiting: number) =>
    new BanyanError(
      'BANYAN_SEAM_HOLD_FULL',
      `${name} cannot wait for a handover of ${feature}: ${waiting} calls wait already.`,
      {
        fix: 'Call again: nothing of it was done. maxHeld is how many may wait.',
        details: { seam: name, feature },
      },
    ),
  fenced: (name: string, feature: string, side: Side, cause: unknown) =>
    new BanyanError(
      'BANYAN_SEAM_FENCED',
      `${name} wrote on the ${side} side, and the fence of ${feature} refused it: that side does not own the rows now.`,
      {
        fix: 'Call again. If it stays: `banyan status` names the owner; see that the implementation for each side writes to that side’s own database, and that this process reaches the state store.',
        details: { seam: name, feature, side },
        cause,
      },
    ),
  closed: (name: string) =>
    new BanyanError('BANYAN_SEAM_CLOSED', `${name} was called after its link was closed.`, {
      fix: 'Close the link when no more calls come.',
      details: { seam: name },
    }),
} as const;
