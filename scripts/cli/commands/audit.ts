import { Command, InvalidArgumentError } from 'commander';
import { type Column, renderTable } from '../../terminal/table.ts';
import type { AuditEntry } from '../admin-types.ts';
import { CommandContext, type CommonFlags, withCommonOptions, withExamples } from '../command-context.ts';
import type { CommandFactory } from '../program.ts';

interface Flags extends CommonFlags {
  readonly limit: number;
}

function limit(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000)
    throw new InvalidArgumentError('Give 1 to 1000.');
  return value;
}

const columns: readonly Column<AuditEntry>[] = [
  { title: 'when (UTC)', value: (entry) => entry.at.slice(0, 19).replace('T', ' ') },
  { title: 'feature', value: (entry) => entry.feature ?? '–' },
  { title: 'what', value: (entry) => entry.action },
  { title: 'change', value: (entry) => change(entry) },
  { title: 'who', value: (entry) => entry.who },
  { title: 'why', value: (entry) => entry.why },
];

export const auditCommand: CommandFactory = (io) => {
  const command = new Command('audit')
    .description('Prints who changed what, when and why; the newest last.')
    .argument('[feature]', 'only this feature')
    .option('-n, --limit <n>', 'how many entries', limit, 50);
  withExamples(withCommonOptions(command), 'banyan audit product -n 20');
  return command.action(async (feature: string | undefined, flags: Flags) => {
    const context = new CommandContext(io, flags);
    const entries = await context.withAdmin(feature, (admin) => {
      const query = feature === undefined ? { limit: flags.limit } : { feature, limit: flags.limit };
      return admin.audit(query, io.signal);
    });
    context.output.result(entries, (paint) => {
      const oldestFirst = [...entries].sort((a, b) => a.id - b.id);
      if (oldestFirst.length === 0) return 'Nothing has been changed yet.';
      return renderTable(columns, oldestFirst, { styleTitle: paint.faint });
    });
  });
};

/** What people look for; programs get everything with --json. */
const told: readonly string[] = ['stage', 'owner', 'paused'];

/** `stage legacy → copying`: only what differs, on one line. */
function change(entry: AuditEntry): string {
  return told
    .filter((key) => entry.from?.[key] !== entry.to?.[key])
    .map((key) => `${key} ${entry.from?.[key] ?? '–'} → ${entry.to?.[key] ?? '–'}`)
    .join(', ');
}
