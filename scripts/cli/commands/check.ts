import { Command } from 'commander';
import { type CheckReport, unreachableChecks } from '../../check/check-report.ts';
import type { Paint } from '../../terminal/paint.ts';
import { pad, textWidth } from '../../terminal/text-width.ts';
import { CommandContext, type CommonFlags, requireFeature, withLookOptions } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { openAdmin } from '../open-admin.ts';
import type { CommandFactory } from '../program.ts';

export const checkCommand: CommandFactory = (io, outcome) => {
  const command = new Command('check')
    .description(
      'Checks the config, the IDLs, every server and what stands between a feature and its next step: all faults at once, nothing changed.',
    )
    .argument('[feature]', 'only this feature');
  withLookOptions(command, 'banyan check', 'banyan check product --json | jq .ok');
  return command.action(async (feature: string | undefined, flags: CommonFlags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    if (feature !== undefined) requireFeature(config, feature);
    // Imported only here: the mover and control are more than the other commands need.
    const { checkAll } = await import('../../check/check-all.ts');
    const report = await checkAll({
      config,
      ...(feature === undefined ? {} : { feature }),
      control: () => openAdmin(config, io.env),
      signal: io.signal,
    });
    context.output.result(report, (paint) => renderChecks(report, paint));
    if (!report.ok) {
      const unreachable = report.checks.some((one) => unreachableChecks.has(one.code ?? ''));
      outcome.exitCode = unreachable ? exitCodes.unreachable : exitCodes.failed;
    }
  });
};

function renderChecks(report: CheckReport, paint: Paint): string {
  const names = report.checks.map(({ feature, check }) =>
    feature === null ? check : `${feature}: ${check}`,
  );
  const width = Math.max(...names.map(textWidth));
  const lines = report.checks.map((one, at) => {
    const name = pad(names[at]!, width);
    if (one.ok && one.code !== undefined) {
      // What several have in common is said once, under the last of them.
      const next = report.checks[at + 1];
      const same = next?.ok && next.code === one.code && next.fix === one.fix;
      return `${paint.strong('!')} ${name} ${one.detail}${same ? '' : ` ${paint.faint(`[${one.code}]`)}\n    ${one.fix}`}`;
    }
    if (one.ok) return `${paint.good('✓')} ${name} ${one.detail}`;
    return `${paint.bad('✗')} ${name} ${one.detail} ${paint.faint(`[${one.code}]`)}\n    ${paint.strong('fix:')} ${one.fix}`;
  });
  const faults = report.checks.filter((one) => !one.ok).length;
  const verdict = report.ok
    ? paint.good('Nothing stands in the way.')
    : paint.bad(faults === 1 ? 'One fault.' : `${faults} faults.`);
  return [...lines, verdict].join('\n');
}
