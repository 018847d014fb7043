import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/table.ts';
import type { SoakResult } from './run-soak.ts';

/** The result for people: figures, then what is not as it must be, then how to repeat the run. */
export function renderSoak(result: SoakResult, paint: Paint): string {
  const { machine, failures } = result;
  const facts = Object.entries(result.facts);
  const parts = [
    `${paint.strong(result.soak)}  ${paint.faint(`${machine.cpu}, ${machine.cores} cores, ${machine.node}, load ${machine.loadAtStart}; ${result.seconds} s, seed ${result.seed}`)}`,
  ];
  if (facts.length > 0) {
    const columns = [
      { title: 'figure', value: ([name]: (typeof facts)[number]) => name },
      {
        title: 'value',
        align: 'right' as const,
        value: ([, value]: (typeof facts)[number]) => value.toLocaleString('en-US'),
      },
    ];
    parts.push(renderTable(columns, facts, { indent: 2, paint }));
  }
  parts.push(
    failures.length === 0
      ? paint.good('✓ nothing failed')
      : [
          ...failures.map((failure) => paint.bad(`✗ ${failure}`)),
          `Repeat it with: npm run soak -- ${result.soak} --seed ${result.seed}`,
        ].join('\n'),
  );
  return parts.join('\n\n');
}
