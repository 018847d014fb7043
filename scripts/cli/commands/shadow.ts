import { Option } from 'commander';
import { type ChangeFlags, CommandContext, featureCommand, withChangeOptions } from '../command-context.ts';
import { numberOption } from '../number-option.ts';
import type { CommandFactory } from '../program.ts';
import { runAction } from './run-action.ts';

interface Flags extends ChangeFlags {
  readonly percent: number;
  readonly repeat?: number;
  readonly route?: readonly string[];
  readonly sandbox?: string;
  readonly sandboxBoth?: boolean;
  readonly numbers?: 'value' | 'text';
  readonly keyOrder?: 'ignore' | 'compare';
  readonly header?: readonly string[];
  readonly restart?: boolean;
  readonly dryRun?: boolean;
}

export const shadowCommand: CommandFactory = (io) => {
  const command = featureCommand(
    'shadow',
    'Asks the other side too for a share of the clients, and compares both answers. Clients get the same answer as ever; `banyan diff` shows what differs.',
  )
    .requiredOption(
      '--percent <n>',
      'share of identities whose reads go to both sides, 0 to 100; 0 ends it',
      numberOption(),
    )
    .option(
      '--repeat <n>',
      'share of these that legacy is asked twice at once, to know its noise (10)',
      numberOption(),
    )
    .option('--route <route...>', 'only these routes, as `banyan routes` prints them; default: all reads')
    .option('--sandbox <name:value>', 'writes too, with this field: the other side must do nothing then')
    .option('--sandbox-both', 'legacy knows that field as well: differences of writes are looked at again')
    .addOption(
      new Option('--numbers <how>', 'value: 1 is 1.0; text: as they are spelt').choices(['value', 'text']),
    )
    .addOption(
      new Option('--key-order <how>', 'whether the order of keys counts').choices(['ignore', 'compare']),
    )
    .option('--header <name...>', 'the fields of the head that are compared, instead of the usual ones')
    .option('--restart', 'begin to count anew: another version of the service runs')
    .option('--dry-run', 'say what would be compared, and change nothing');
  withChangeOptions(
    command,
    'banyan shadow product --percent 10 --why "does it answer alike?"',
    'banyan shadow product --percent 100 --restart --why "rounding is right"',
    'banyan shadow product --percent 0 --why "seen enough"',
  );
  return command.action(async (feature: string, flags: Flags) => {
    const context = new CommandContext(io, flags);
    const { route: routes, sandbox, numbers, keyOrder, header: headers, restart, dryRun, why } = flags;
    const result = await runAction(context, feature, 'shadow', {
      percent: flags.percent,
      repeatPercent: flags.repeat,
      routes,
      sandbox,
      ...(flags.sandboxBoth === undefined ? {} : { sandboxBoth: flags.sandboxBoth }),
      numbers,
      keyOrder,
      headers,
      restart,
      dryRun,
      why,
    });
    context.output.result(result, (paint) => {
      const { percent, repeatPercent } = result.shadow;
      const scope = routes === undefined ? 'all reads' : routes.join(', ');
      if (result.dryRun)
        return `Nothing was changed. ${percent} % of ${feature}'s clients would be shadowed.`;
      const table = paint.faint(`(route table ${result.version})`);
      if (percent === 0) return `${paint.good('✓')} No request of ${feature} is shadowed any more. ${table}`;
      return [
        `${paint.good('✓')} ${percent} % of ${feature}'s clients are shadowed on ${scope}. ${table}`,
        `  ${repeatPercent} % of their requests ask legacy twice. Next: banyan diff ${feature}`,
      ].join('\n');
    });
  });
};
