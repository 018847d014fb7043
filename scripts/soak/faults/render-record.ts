import { engines } from '../../servers/index.ts';
import { allCells, describePoint } from './cells.ts';
import { faultKinds, faults } from './fault.ts';
import { points } from './points.ts';
import type { Entry } from './record.ts';

/** A point under a kind of fault, on an engine. */
function pairOf(entry: Pick<Entry, 'engine' | 'deed' | 'point' | 'variant' | 'kind'>): string {
  return [entry.engine, entry.deed, entry.point, entry.variant, entry.kind].join();
}

/** What the record says, for docs: which cells were run when, and what came of them. */
export function renderRecord(entries: readonly Entry[]): string {
  const all = allCells();
  const pairs = points.length * faultKinds.length * engines.length;
  const tried = new Set(entries.map(pairOf));
  const bad = entries.filter(({ findings }) => findings !== '');
  const runs = new Map<string, number>();
  for (const { on, version } of entries) {
    const run = `${on} with version ${version}`;
    runs.set(run, (runs.get(run) ?? 0) + 1);
  }
  const well = new Set(entries.filter(({ findings }) => findings === '').map(pairOf));
  const kindsOf = points.map(
    ({ deed, name, variant }) =>
      faultKinds.filter((kind) =>
        engines.every((engine) => well.has(pairOf({ engine, deed, point: name, variant, kind }))),
      ).length,
  );
  const whole = kindsOf.filter((kinds) => kinds === faultKinds.length).length;
  const almost = kindsOf.filter((kinds) => kinds >= faultKinds.length - 1).length;
  const targets = faultKinds.map((kind) => faults.filter((fault) => fault.kind === kind).length);
  const header = ['point', ...faultKinds.map((kind, at) => `${kind} (${targets[at]})`)];
  const rows = points.map((point) => [
    `\`${point.name}\`: ${describePoint(point).split(' at ')[0]}${point.variant === 'other' ? ', binlog' : ''}`,
    ...faultKinds.map((kind) => {
      const here = entries.filter(
        (entry) =>
          entry.kind === kind &&
          entry.point === point.name &&
          entry.deed === point.deed &&
          entry.variant === point.variant,
      );
      if (here.length === 0) return '·';
      return engines
        .map((engine) => {
          const mine = here.filter((entry) => entry.engine === engine);
          const well = mine.filter(({ findings }) => findings === '').length;
          return well === mine.length ? String(well) : `${well} ✗${mine.length - well}`;
        })
        .join(' + ');
    }),
  ]);
  const healed = entries.flatMap(({ healedMs }) => healedMs ?? []).sort((a, b) => a - b);
  return [
    `There are ${points.length} points × ${faultKinds.length} kinds of fault × ${engines.length} engines = ${count(pairs)} pairs, and ${count(all.length)} cells, since most kinds can strike several parts (in brackets: how many).`,
    `Run so far: ${count(entries.length)} cells of ${count(tried.size)} pairs. ${count(entries.length - bad.length)} were well; ${bad.length === 0 ? 'none was not' : `${bad.length} were not, listed below`}. ` +
      `Well again after the end of the fault: median ${seconds(healed[Math.floor(healed.length / 2)])}, at most ${seconds(healed.at(-1))}.`,
    `Points that were well under all ${faultKinds.length} kinds of fault on both engines: ${whole}; under ${faultKinds.length - 1} of them or more: ${almost}.`,
    '',
    `Last run: ${
      [...runs]
        .sort()
        .map(([run, times]) => `${count(times)} on ${run}`)
        .join('; ') || 'never'
    }. In a field: targets that were well on MariaDB + on MySQL, ✗ those that were not; · was never run. Every single cell: [faults.tsv](faults.tsv).`,
    '',
    `| ${header.join(' | ')} |`,
    `|${header.map(() => '---|').join('')}`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    ...(bad.length === 0 ? [] : ['', 'Not well at their last run:', '']),
    ...bad.map(
      ({ engine, deed, point, kind, target, on, findings }) =>
        `- ${engine}, ${deed} at \`${point}\`, ${kind} ${target}, ${on}: ${findings}`,
    ),
  ].join('\n');
}

function count(n: number): string {
  return n.toLocaleString('en-US');
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '–' : `${(ms / 1_000).toFixed(1)} s`;
}

const [begin, end] = ['<!-- faults: begin -->', '<!-- faults: end -->'];

/** The page with the record between its marks. Throws where it has none. */
export function intoPage(page: string, text: string): string {
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`docs/reliability.md has no ${begin} … ${end}`);
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}
