import { Command } from 'commander';
import type { AuditEntry, QuestionAnswer } from '../../../control/api/index.ts';
import { counted } from '../../terminal/numbers.ts';
import type { Paint } from '../../terminal/paint.ts';
import { type Column, renderTable } from '../../terminal/table.ts';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { numberOption } from '../number-option.ts';
import type { CommandFactory } from '../program.ts';

interface Flags extends CommonFlags {
  readonly limit: number;
  readonly verify?: boolean;
  readonly anchor?: string;
}

/** `named`: the feature that was asked for; it needs no column. */
function columnsFor(named: string | undefined): readonly Column<AuditEntry>[] {
  return [
    { title: 'when (UTC)', value: (entry) => entry.at.slice(0, 19).replace('T', ' '), whole: true },
    ...(named === undefined
      ? [{ title: 'feature', value: (entry: AuditEntry) => entry.feature ?? '–' }]
      : []),
    { title: 'what', value: (entry) => entry.action },
    { title: 'change', value: (entry) => change(entry) },
    { title: 'who', value: (entry) => entry.who },
    { title: 'why', value: (entry) => entry.why },
  ];
}

export const auditCommand: CommandFactory = (io, outcome) => {
  const command = new Command('audit')
    .description('Prints who changed what, when and why; the newest last.')
    .argument('[feature]', 'only this feature')
    .option('-n, --limit <n>', 'how many entries', numberOption({ least: 1, most: 1_000, whole: true }), 50)
    .option(
      '--verify',
      'check that no entry was changed, taken out or put in: each has a hash of all before it',
    )
    .option('--anchor <id:hash>', 'with --verify: an entry printed earlier, which must still be there');
  withLookOptions(command, 'banyan audit product -n 20', 'banyan audit --verify >> audit-anchors.txt');
  return command.action(async (feature: string | undefined, flags: Flags) => {
    const context = new CommandContext(io, flags);
    if (flags.verify || flags.anchor !== undefined) {
      const found = await context.withAdmin(undefined, (admin) =>
        admin.ask('audit-verification', { query: { anchor: flags.anchor }, signal: io.signal }),
      );
      if (!found.ok) outcome.exitCode = exitCodes.failed;
      context.output.result(found, (paint) => renderVerification(found, paint));
      return;
    }
    const entries = await context.withAdmin(feature, (admin) => {
      const query = feature === undefined ? { limit: flags.limit } : { feature, limit: flags.limit };
      return admin.audit(query, io.signal);
    });
    context.output.result(entries, (paint) => {
      const oldestFirst = [...entries].sort((a, b) => a.id - b.id);
      if (oldestFirst.length === 0) return 'Nothing has been changed yet.';
      return renderTable(columnsFor(feature), oldestFirst, { paint });
    });
  });
};

function renderVerification(
  { ok, verified, unchained, head, fault }: QuestionAnswer<'audit-verification'>,
  paint: Paint,
): string {
  const before =
    unchained === 0
      ? ''
      : ` ${counted(unchained, 'older one')} ${unchained === 1 ? 'has' : 'have'} no hash, and nothing is known of ${unchained === 1 ? 'it' : 'them'}.`;
  if (!ok)
    return `${paint.bad('✗')} Entry ${fault?.id}: ${fault?.what}. ${counted(verified, 'entry', 'entries')} before it ${verified === 1 ? 'is' : 'are'} right.`;
  const anchor = head === null ? '' : `\nanchor ${head.id}:${head.hash}`;
  return `${paint.good('✓')} ${counted(verified, 'entry', 'entries')} ${verified === 1 ? 'is as it was' : 'are as they were'} written.${before}${anchor}`;
}

/** What people look for; programs get everything with --json. */
const told: readonly string[] = ['stage', 'owner', 'paused'];

/** `stage legacy → copying`: only what differs, on one line. */
function change(entry: AuditEntry): string {
  const changed = told
    .filter((key) => entry.from?.[key] !== entry.to?.[key])
    .map((key) => `${key} ${entry.from?.[key] ?? '–'} → ${entry.to?.[key] ?? '–'}`);
  return [...changed, ...readsChange(entry)].join(', ');
}

/** `reads 0 % → 5 %`; of some routes alone, how many. */
function readsChange({ from, to }: AuditEntry): string[] {
  const before = percentsOf(from);
  const after = percentsOf(to);
  const routes = Object.keys(after).filter((route) => after[route] !== (before[route] ?? 0));
  if (routes.length === 0) return [];
  const range = (percents: readonly number[]) => {
    const [least, most] = [Math.min(...percents), Math.max(...percents)];
    return least === most ? `${most} %` : `${least}–${most} %`;
  };
  const [was, is] = [routes.map((route) => before[route] ?? 0), routes.map((route) => after[route] ?? 0)];
  const some = routes.length === Object.keys(after).length ? '' : ` of ${counted(routes.length, 'route')}`;
  return [`reads${some} ${range(was)} → ${range(is)}`];
}

function percentsOf(state: AuditEntry['to']): Readonly<Record<string, number>> {
  const percents = state?.readPercents;
  return typeof percents === 'object' && percents !== null ? (percents as Record<string, number>) : {};
}
