import { counted, formatCount, formatMs } from '../../../common/numbers.ts';
import type { FeatureStatus } from '../contract/answers/index.ts';

/** What `banyan status` and the dashboard say of one feature, in a few words each. Pure. */

/** `25 %`, `0–100 % + staff`; `–` where it has no reads. */
export function readsAtService({ routes }: Pick<FeatureStatus, 'routes'>): string {
  const percents = [...new Set(routes.flatMap(({ readPercent }) => readPercent ?? []))].sort((a, b) => a - b);
  if (percents.length === 0) return '–';
  const share = percents.length === 1 ? `${percents[0]} %` : `${percents[0]}–${percents.at(-1)} %`;
  return [share, ...new Set(routes.flatMap(({ readCohorts }) => readCohorts))].join(' + ');
}

/** What the mover does, and whether that is as it should be. */
export function moverWords(one: FeatureStatus): {
  readonly text: string;
  readonly level: 'bad' | 'warn' | 'well';
} {
  if (one.failing !== null) return { text: 'failed', level: 'bad' };
  if (one.paused) return { text: 'paused', level: 'warn' };
  if (one.move === null || one.move.does === 'nothing') return { text: '–', level: 'well' };
  if (one.move.trouble !== null) return { text: 'in trouble', level: 'warn' };
  const { backlog } = one.move;
  const oldest =
    backlog === null || backlog.entries === 0 ? '' : `, the oldest ${formatMs(backlog.oldestMs)}`;
  const behind = backlog === null ? '' : `, ${counted(backlog.entries, 'dirty key')}${oldest}`;
  return {
    text: `${one.running ?? one.move.does}${copiedRows(one)}${pacing(one.move.pace)}${behind}`,
    level: 'well',
  };
}

/** How far a copy is, as it said last. */
function copiedRows({ stage, move }: FeatureStatus): string {
  const progress = move?.progress ?? null;
  if (stage !== 'copying' || progress?.phase !== 'copy' || progress.done === undefined) return '';
  const of = progress.total === undefined ? '' : ` of ${formatCount(progress.total)}`;
  return `, ${formatCount(progress.done)}${of} rows`;
}

/** Only where it is not as fast as it could be. */
export function pacing(pace: NonNullable<FeatureStatus['move']>['pace']): string {
  if (pace === null || (pace.share === 1 && pace.because.length === 0)) return '';
  const share =
    pace.share === 0
      ? 'stands'
      : `slowed to ${pace.share < 0.01 ? 'less than 1' : Math.round(pace.share * 100)} % of its time`;
  return `, ${[share, ...pace.because].join(': ')}`;
}

/** By what is known of every row, where it can be read; else by the last verify that somebody asked for. */
export function verifiedWords({ verified, move }: Pick<FeatureStatus, 'verified' | 'move'>): string {
  const known = move?.verified ?? null;
  if (known !== null && known.oldestMs !== null) {
    const verdict =
      known.different > 0
        ? `${formatCount(known.different)} ${known.different === 1 ? 'differs' : 'differ'}`
        : 'equal';
    return `${verdict}, ${counted(known.rows, 'row')}, each within ${formatMs(known.oldestMs)}`;
  }
  if (known !== null && known.different > 0)
    return `${formatCount(known.different)} ${known.different === 1 ? 'differs' : 'differ'}`;
  if (verified === null) return 'not yet';
  const { different, unsettled, rowsCompared, at } = verified;
  const verdict =
    different > 0
      ? `${formatCount(different)} ${different === 1 ? 'differs' : 'differ'}`
      : unsettled > 0
        ? `${formatCount(unsettled)} unsettled`
        : 'equal';
  return `${verdict}, ${counted(rowsCompared, 'row')}, ${at.slice(11, 19)} UTC`;
}
