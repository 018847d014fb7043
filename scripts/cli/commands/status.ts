import { Command } from 'commander';
import { pause } from '../../../common/pause.ts';
import type { FeatureStatus, StatusReport } from '../../../control/api/index.ts';
import { formatCount, formatMs } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/table.ts';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandFactory } from '../program.ts';
import { renderPlan } from '../render-plan.ts';

export const statusCommand: CommandFactory = (io, outcome) => {
  const command = new Command('status')
    .description(
      'Prints where every feature is, who owns its rows, how far the move is, and the routers that are alive.',
    )
    .argument('[feature]', 'only this feature');
  command.option('-w, --watch', 'look again every second until Ctrl-C; on a terminal in place');
  withLookOptions(
    command,
    'banyan status',
    'banyan status --watch',
    "banyan status --json | jq '.features[].stage'",
  );
  return command.action(async (feature: string | undefined, flags: Flags) => {
    const context = new CommandContext(io, flags);
    await context.withAdmin(feature, async (admin) => {
      for (;;) {
        const all = await admin.status(io.signal);
        const features = all.features.filter((one) => feature === undefined || one.name === feature);
        const status = { ...all, features };
        if (flags.watch && !context.json && io.stdout.isTTY) io.stdout.write(clearScreen);
        context.output.result(status, (paint) => renderStatus(status, paint));
        outcome.exitCode = exitCodeFor(status);
        if (!flags.watch) return;
        await pause(watchEveryMs, io.signal);
        if (io.signal.aborted) return;
      }
    });
  });
};

interface Flags extends CommonFlags {
  readonly watch?: boolean;
}

const watchEveryMs = 1_000;
const clearScreen = '\u001b[H\u001b[2J';

function exitCodeFor(status: StatusReport): number {
  if (!status.features.every(isWell) || unserved(status).length > 0) return exitCodes.failed;
  return isUnreached(status) ? exitCodes.unreachable : exitCodes.ok;
}

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
    { paint },
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
  const oneWay = status.features
    .filter(({ rollback, stage }) => !rollback && stage !== 'finished')
    .map(
      ({ name }) => `${paint.strong('!')} ${name}: rollback is off; after the cutover there is no way back`,
    );
  const canaries = status.features.flatMap((one) =>
    one.canaries.map((plan) => {
      const reads = one.routes.filter(({ access }) => access === 'read').length;
      const scope = plan.routes.length === reads ? '' : ` on ${plan.routes.join(', ')}`;
      return `${one.name}: the ${plan.guard?.after ?? 'canary'}${scope} ${renderPlan(plan, status.now)}. ${paint.faint(`(${plan.who}: ${plan.why})`)}`;
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
          { paint },
        );
  // The rest of a holder's name tells processes with one id apart: programs get it, people need not.
  const control =
    status.control === null ? 'nobody' : status.control.holder.split('/').slice(0, 2).join(' pid ');
  const role = status.role === 'standby' ? '; the one asked stands by' : '';
  return [
    features,
    ...failing,
    ...findings,
    ...status.features.flatMap(({ name, refused }) =>
      refused?.count ? [refusedState(name, refused, paint)] : [],
    ),
    ...dead,
    ...unserved(status).map((what) => `${paint.bad('✗')} ${what}`),
    ...oneWay,
    ...otherwise(status).map((what) => `${paint.warn('!')} ${what}`),
    ...canaries,
    '',
    routers,
    '',
    paint.faint(`conducting: ${control}${role}`),
  ].join('\n');
}

const fewStatements = 3;

/** Somebody writes past the router. */
function refusedState(name: string, refused: NonNullable<FeatureStatus['refused']>, paint: Paint): string {
  const { side, count, since, lastAt, by } = refused;
  const when = [
    ...(since === null ? [] : [`since ${since.slice(0, 19).replace('T', ' ')} UTC`]),
    ...(lastAt === null ? [] : [`the last about ${lastAt.slice(11, 19)} UTC`]),
  ].join(', ');
  const whose =
    by === null
      ? [
          `whose they were that server does not say (its performance_schema is off, or banyan may not read it)`,
        ]
      : by.length === 0
        ? ['whose they were was not seen']
        : by
            .slice(0, fewStatements)
            .map(({ user, host, statement, seen }) => `${user}@${host}, ${seen} seen: ${statement}`);
  const writes = count === 1 ? '1 write' : `${formatCount(count)} writes`;
  return [
    `${paint.warn('!')} ${name}: the fence of ${side}'s tables refused ${writes} that did not come through the router, ${when}`,
    ...whose.map((line) => `  ${line}`),
  ].join('\n');
}

/** Routers that would answer 503 where a feature's requests go to its service, or ask it in another way than control knows. */
function unserved({ features, replicas, config }: StatusReport): string[] {
  return replicas.flatMap(({ host, pid, services, config: own }) => {
    const moving = features.filter(({ stage }) => stage !== 'legacy').map(({ name }) => name);
    const without = moving.filter((name) => !services?.includes(name));
    const other = moving.filter(
      (name) => !without.includes(name) && own !== null && own.features[name] !== config.features[name],
    );
    return [
      ...(without.length === 0
        ? []
        : [
            `the router ${host} (${pid}) cannot ask the service of ${without.join(', ')}: its config was without that feature; run \`banyan reload\`, or start it again`,
          ]),
      ...(other.length === 0
        ? []
        : [
            `the router ${host} (${pid}) calls the service of ${other.join(', ')} by another IDL or config than control's; run \`banyan reload\``,
          ]),
    ];
  });
}

/** Routers whose config is not all that it could be, and that serve everything all the same. */
function otherwise(status: StatusReport): string[] {
  return status.replicas.flatMap(({ host, pid, config }) => {
    if (config === null) return [];
    const router = `the router ${host} (${pid})`;
    if (config.fault !== null) return [`${router} could not reload its config: ${config.fault}`];
    if (config.fingerprint !== status.config.fingerprint)
      return [`${router} goes by another config than control; run \`banyan reload\``];
    return config.restart.length === 0
      ? []
      : [`${router} must be started again for ${config.restart.join(', ')}`];
  });
}

/** What a monitor asks the exit status for: nothing failed, and all runs that the stage requires. */
function isWell({ failing, finding, move }: FeatureStatus): boolean {
  const differing = move?.verified?.different ?? 0;
  return failing === null && finding === null && (move?.trouble ?? null) === null && differing === 0;
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
  return `${one.running ?? one.move.does}${pacing(one.move.pace)}${behind}`;
}

/** Only where it is not as fast as it could be. */
function pacing(pace: NonNullable<FeatureStatus['move']>['pace']): string {
  if (pace === null || (pace.share === 1 && pace.because.length === 0)) return '';
  const share = pace.share === 0 ? 'stands' : `at ${Math.round(pace.share * 100)} %`;
  return ` ${[share, ...pace.because].join(': ')}`;
}

/** By what is known of every row, where it can be read; else by the last verify that somebody asked for. */
function verifiedState({ verified, move }: FeatureStatus): string {
  const known = move?.verified ?? null;
  if (known !== null && known.oldestMs !== null) {
    const verdict = known.different > 0 ? `${formatCount(known.different)} differ` : 'equal';
    return `${verdict}, ${formatCount(known.rows)} rows, each within ${formatMs(known.oldestMs)}`;
  }
  if (known !== null && known.different > 0) return `${formatCount(known.different)} differ`;
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
