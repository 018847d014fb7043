import { Command } from 'commander';
import type { AccountGrants } from '../../grants/plan-grants.ts';
import { wrapStatements } from '../../terminal/wrap-statements.ts';
import { CommandContext, type CommonFlags, requireFeature, withLookOptions } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';

interface GrantsFlags extends CommonFlags {
  readonly host: string;
}

export const grantsCommand: CommandFactory = (io) => {
  const command = new Command('grants')
    .description(
      "Prints the GRANT statements for banyan's accounts on legacy's server, the service's and the state store's: the least that every step needs.",
    )
    .argument('[feature]', 'only for this feature; default: all')
    .option('--host <pattern>', 'where banyan connects from, for accounts that cannot sign in yet', '%');
  withLookOptions(command, 'banyan grants', 'banyan grants product --json');
  return command.action(async (name: string | undefined, flags: GrantsFlags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    const features = name === undefined ? Object.values(config.features) : [requireFeature(config, name)];
    // Imported only here: the mover and control are more than the other commands need.
    const { planGrants } = await import('../../grants/plan-grants.ts');
    const accounts = await planGrants(config, features, flags.host);
    const result = accounts.map(({ needed: _, ...account }) => account);
    context.output.verbatim(result, ({ columns }) =>
      wrapStatements(accounts.map(renderAccount).join('\n\n'), columns),
    );
  });
};

/** Can be pasted into an administrator's client on that server. */
function renderAccount(account: AccountGrants): string {
  const engine =
    account.engine === null
      ? 'not reached: the list is for MySQL'
      : `${account.engine === 'mysql' ? 'MySQL' : 'MariaDB'}${account.signsIn ? '' : ', cannot sign in yet'}`;
  return [
    `-- ${account.user} on ${account.server} (${engine}): ${account.roles.join(', ')}`,
    ...account.statements,
    ...account.settings.map((setting) => `${setting}; -- also in the server's configuration; or grant SUPER`),
  ].join('\n');
}
