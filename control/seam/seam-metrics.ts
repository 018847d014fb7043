import { Counter, type Metric, type Registry } from 'prom-client';

/** How a call through a seam ended: as its implementation did, or as the seam had it. */
export type SeamOutcome = 'ok' | 'error' | 'fenced' | 'not_called';

export interface SeamMetrics {
  ended(seam: string, side: 'legacy' | 'service' | 'none', outcome: SeamOutcome): void;
  held(seam: string, ms: number): void;
  retried(seam: string): void;
}

/** Several links may share a registry. null: nothing is counted. */
export function seamMetrics(registry: Registry | undefined): SeamMetrics | null {
  if (registry === undefined) return null;
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[]) =>
    known(registry, name) ?? new Counter({ name, help, labelNames, registers: [registry] });
  const calls = counter('banyan_seam_calls_total', 'Calls through seams, by side and outcome.', [
    'seam',
    'side',
    'outcome',
  ]);
  const held = counter('banyan_seam_held_seconds_total', 'Time that calls waited for handovers.', ['seam']);
  const retries = counter('banyan_seam_retries_total', 'Calls made again that the fence had refused.', [
    'seam',
  ]);
  return {
    ended: (seam, side, outcome) => calls.inc({ seam, side, outcome }),
    held: (seam, ms) => held.inc({ seam }, ms / 1_000),
    retried: (seam) => retries.inc({ seam }),
  };
}

function known(registry: Registry, name: string): Counter | undefined {
  const found: Metric | undefined = registry.getSingleMetric(name);
  return found instanceof Counter ? found : undefined;
}
