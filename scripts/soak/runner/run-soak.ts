import { performance } from 'node:perf_hooks';
import { describeMachine, type Machine } from '../../runs/machine.ts';
import { withRunContext } from '../../runs/run-context.ts';
import type { Soak, SoakOutcome } from '../soak.ts';

export interface SoakResult extends SoakOutcome {
  readonly soak: string;
  readonly machine: Machine;
  readonly seed: number;
  readonly seconds: number;
}

export interface RunSoakOptions {
  readonly soak: Soak;
  readonly quick: boolean;
  readonly seed: number;
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  readonly log: (text: string) => void;
}

/** Runs one soak and stops everything that it started, whatever happens. */
export async function runSoak(options: RunSoakOptions): Promise<SoakResult> {
  const { soak, quick, seed, flags = {}, signal, log } = options;
  const machine = describeMachine();
  const start = performance.now();
  const outcome = await withRunContext({ name: `soak-${soak.name}`, signal, log }, (context) =>
    soak.run({ ...context, quick, seed, flags }),
  );
  const seconds = Math.round((performance.now() - start) / 100) / 10;
  return { soak: soak.name, machine, seed, seconds, ...outcome };
}
