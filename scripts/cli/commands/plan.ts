import { BanyanError } from '../../../common/errors.ts';
import type { FeaturePlan, PlanFacts } from '../../plan/plan-feature.ts';
import type { Paint } from '../../terminal/paint.ts';
import {
  CommandContext,
  type CommonFlags,
  featureCommand,
  requireFeature,
  withLookOptions,
} from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CommandFactory } from '../program.ts';

export const planCommand: CommandFactory = (io, outcome) => {
  const command = featureCommand(
    'plan',
    'Shows where a feature is on its way, what stands between it and its next step, and the commands from there on. Changes nothing.',
  );
  withLookOptions(
    command,
    'banyan plan product',
    'banyan plan product --json | jq \'.steps[] | select(.standing == "now").command\'',
  );
  return command.action(async (name: string, flags: CommonFlags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    const feature = requireFeature(config, name);
    // Imported only here: the mover and control are more than the other commands need.
    const [{ checkAll }, { planFeature }] = await Promise.all([
      import('../../check/check-all.ts'),
      import('../../plan/plan-feature.ts'),
    ]);
    const { status, diff, checks, finish } = await context.withAdmin(name, async (admin) => {
      const said = await admin.status(io.signal);
      const status = said.features.find((one) => one.name === name) ?? unknownToControl(name);
      const { shadow, compared, different } = await admin.diff(name, undefined, io.signal);
      const { checks } = await checkAll({
        config,
        feature: name,
        control: { admin, status: said },
        signal: io.signal,
      });
      // What is next for it is no handover, which a check looks at, but the end.
      const finish =
        status.stage === 'extracted' && status.handover === null
          ? (await admin.act(name, 'finish', { dryRun: true })).faults
          : [];
      return { status, checks, finish, diff: shadow === null ? null : { compared, different } };
    });
    const hasTables = feature.tables.length > 0;
    const facts: PlanFacts = {
      status,
      hasTables,
      checks,
      finish,
      diff,
      needsSignOff: config.control.cutover.signOff,
    };
    const plan = planFeature(facts);
    context.output.result(plan, (paint) => render(plan, paint));
    if (plan.faults.length > 0) outcome.exitCode = exitCodes.failed;
  });
};

function unknownToControl(name: string): never {
  throw new BanyanError('BANYAN_FEATURE_UNKNOWN', `The control process knows no feature named "${name}".`, {
    fix: 'Its config is older than this one: run `banyan reload`.',
  });
}

function render({ feature, stage, faults, steps }: FeaturePlan, paint: Paint): string {
  const marks = { done: paint.good('✓'), now: paint.strong('→'), later: paint.faint('·') };
  const lines = steps.map(({ command, standing, about }) => {
    const what = command ?? 'wait';
    return `${marks[standing]} ${standing === 'now' ? paint.strong(what) : what}\n    ${paint.faint(about)}`;
  });
  const stands = faults.map(
    ({ check, detail, code, fix }) =>
      `${paint.bad('✗')} ${check}: ${detail}${code === undefined ? '' : ` ${paint.faint(`[${code}]`)}`}\n    ${paint.strong('fix:')} ${fix ?? ''}`,
  );
  const verdict =
    faults.length === 0
      ? steps.some(({ standing }) => standing === 'now')
        ? 'Nothing stands in the way of what is marked.'
        : 'Nothing is left to do.'
      : 'These stand in the way of what is marked:';
  return [`${paint.strong(feature)} (${stage})`, ...lines, '', verdict, ...stands].join('\n');
}
