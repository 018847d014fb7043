import type { Paint } from '../../terminal/paint.ts';
import { type Column, renderTable } from '../../terminal/table.ts';
import type { RatioSpec } from '../bench.ts';
import type { BenchDetails, BenchResult } from './run-bench.ts';

/** The result as tables: medians with their spread, then ratios with their targets. */
export function renderResult(result: BenchResult, details: BenchDetails, paint: Paint): string {
  const metrics = [...new Set(Object.values(result.subjects).flatMap((row) => Object.keys(row)))];
  const columns: Column<string>[] = [
    { title: 'subject', value: (name) => name },
    ...metrics.map(
      (metric): Column<string> => ({
        title: metric,
        align: 'right',
        value: (name) => {
          const value = result.subjects[name]?.[metric];
          if (value === undefined) return '–';
          return `${value.toLocaleString('en-US')} ${paint.faint(`±${(details.spreadPercent[name]?.[metric] ?? 0).toFixed(0)}%`)}`;
        },
      }),
    ),
  ];
  const { machine } = result;
  const parts = [
    `${paint.strong(result.bench)}  ${paint.faint(`${machine.cpu}, ${machine.cores} cores, ${machine.node}, load ${machine.loadAtStart}; medians of ${details.rounds} rounds`)}`,
    renderTable(columns, Object.keys(result.subjects), { indent: 2, paint }),
  ];
  if (details.ratioSpecs.length > 0) {
    parts.push(
      renderTable(ratioColumns(result, details, paint), details.ratioSpecs, {
        indent: 2,
        paint,
      }),
    );
  }
  return parts.join('\n\n');
}

function ratioColumns(result: BenchResult, details: BenchDetails, paint: Paint): Column<RatioSpec>[] {
  return [
    { title: 'ratio', value: (ratio) => ratio.name },
    {
      title: 'value',
      align: 'right',
      value: (ratio) => result.ratios[ratio.name]?.toLocaleString('en-US') ?? 'not measured',
    },
    {
      title: 'of',
      value: ({ of, over, metric }) => `${over === undefined ? of : `${of} / ${over}`}, ${metric}`,
    },
    {
      title: 'target',
      value: (ratio) => {
        const bound =
          ratio.atMost !== undefined
            ? `≤ ${ratio.atMost.toLocaleString('en-US')}`
            : ratio.atLeast !== undefined
              ? `≥ ${ratio.atLeast.toLocaleString('en-US')}`
              : '';
        if (bound === '' || result.ratios[ratio.name] === undefined) return bound;
        return details.missed.includes(ratio) ? paint.bad(`${bound}  missed`) : paint.good(`${bound}  held`);
      },
    },
  ];
}
