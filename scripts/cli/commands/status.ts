import { Command } from 'commander';
import { formatCount, formatMs } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/table.ts';
import type { FeatureStatus, StatusReport } from '../admin-types.ts';
import { CommandContext, type CommonFlags, withCommonOptions, withExamples } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandFactory } from '../program.ts';
import { renderPlan } from '../render-plan.ts';

export const statusCommand: CommandFactory = (io, outcome) => {
  const command = new Command('status')
    .description(
      'Prints where every feature is, who owns its rows, how far the move is, and the routers that are alive.',
    )
    .argument('[feature]', 'only this feature');
  withExamples(withCommonOptions(command), 'banyan status', "banyan status --json | jq '.features[].stage'");
  return command.action(async (feature: string | undefined, flags: CommonFlags) => {
    const context = new CommandContext(io, flags);
    const all = await context.withAdmin(feature, (admin) => admin.status(io.signal));
    const features = all.features.filter((one) => feature === undefined || one.name === feature);
    const status = { ...all, features };
    context.output.result(status, (paint) => renderStatus(status, paint));
    if (!features.every(isWell)) outcome.exitCode = exitCodes.failed;
    else if (isUnreached(status)) outcome.exitCode = exitCodes.unreachable;
  });
};

function renderStatus(status: StatusReport, paint: Paint): string {
  const features = renderTable(
    [
      { title: 'feature', value: (one) => one.name },
      { title: 'stage', value: (one) => one.stage },
      { title: 'owner', value: (one) => one.owner },
      { title: 'reads at service', align: 'right', value: readsAtService },
      { title: 'mover', value: (one) => moverState(one, paint) },
      { title: 'verified', value: verifiedState },
    ],
    status.features,
    { styleTitle: paint.faint },
  );
  const failing = status.features.flatMap((one) =>
    one.failing === null
      ? []
      : [
          `${paint.bad('✗')} ${one.name}: ${one.failing.message} ${paint.faint(`[${one.failing.code}]`)}\n  fix: ${one.failing.fix}`,
        ],
  );
  const findings = status.features.flatMap(({ name, finding }) =>
    finding === null
      ? []
      : [`${paint.warn('!')} ${name}: ${finding.what}, since ${finding.since.slice(11, 19)} UTC`],
  );
  const dead = [
    ...status.unreachable.map((refused) => `${paint.bad('✗')} legacy does not answer at ${refused}`),
    ...status.features.flatMap((one) =>
      one.stage === 'legacy'
        ? []
        : one.unreachable.map(
            (refused) => `${paint.bad('✗')} ${one.name}: its service does not answer at ${refused}`,
          ),
    ),
  ];
  const canaries = status.features.flatMap((one) =>
    one.canaries.map((plan) => {
      const reads = one.routes.filter(({ access }) => access === 'read').length;
      const scope = plan.routes.length === reads ? '' : ` on ${plan.routes.join(', ')}`;
      return `${one.name}: the canary${scope} ${renderPlan(plan, status.now)}. ${paint.faint(`(${plan.who}: ${plan.why})`)}`;
    }),
  );
  const routers =
    status.replicas.length === 0
      ? paint.warn('no router is alive')
      : renderTable(
          [
            { title: 'router', value: (one) => `${one.host} (${one.pid})` },
            {
              title: 'route table',
              align: 'right',
              value: (one) =>
                `${one.version}${one.version === status.version ? '' : ` of ${status.version}`}`,
            },
            { title: 'last beat', align: 'right', value: (one) => `${formatMs(one.beatAgoMs)} ago` },
          ],
          status.replicas,
          { styleTitle: paint.faint },
        );
  // The rest of a holder's name tells processes with one id apart: programs get it, people need not.
  const control =
    status.control === null ? 'nobody' : status.control.holder.split('/').slice(0, 2).join(' pid ');
  const role = status.role === 'standby' ? '; the one asked stands by' : '';
  return [
    features,
    ...failing,
    ...findings,
    ...dead,
    ...canaries,
    '',
    routers,
    '',
    paint.faint(`conducting: ${control}${role}`),
  ].join('\n');
}

/** What a monitor asks the exit status for: nothing failed, and all runs that the stage requires. */
function isWell({ failing, finding, move }: FeatureStatus): boolean {
  return failing === null && finding === null && (move?.trouble ?? null) === null;
}

/** Of a service only once the feature has something to do with it. */
function isUnreached({ unreachable, features }: StatusReport): boolean {
  return (
    unreachable.length > 0 || features.some((one) => one.stage !== 'legacy' && one.unreachable.length > 0)
  );
}

function readsAtService(one: FeatureStatus): string {
  const percents = [...new Set(one.routes.flatMap(({ readPercent }) => readPercent ?? []))].sort(
    (a, b) => a - b,
  );
  if (percents.length === 0) return '–';
  const share = percents.length === 1 ? `${percents[0]} %` : `${percents[0]}–${percents.at(-1)} %`;
  return [share, ...new Set(one.routes.flatMap(({ readCohorts }) => readCohorts))].join(' + ');
}

function moverState(one: FeatureStatus, paint: Paint): string {
  if (one.failing !== null) return paint.bad('failed');
  if (one.paused) return paint.warn('paused');
  if (one.move === null || one.move.does === 'nothing') return '–';
  if (one.move.trouble !== null) return paint.warn(one.move.trouble);
  const { backlog } = one.move;
  const behind = backlog === null ? '' : `, ${formatCount(backlog.entries)} dirty keys`;
  return `${one.running ?? one.move.does}${behind}`;
}

function verifiedState({ verified }: FeatureStatus): string {
  if (verified === null) return 'not yet';
  const { different, unsettled, rowsCompared, at } = verified;
  const verdict =
    different > 0
      ? `${formatCount(different)} differ`
      : unsettled > 0
        ? `${formatCount(unsettled)} unsettled`
        : 'equal';
  return `${verdict}, ${formatCount(rowsCompared)} rows, ${at.slice(11, 19)} UTC`;
}
