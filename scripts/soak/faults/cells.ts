import { type Engine, engines } from '../../servers/index.ts';
import { type Fault, type FaultKind, faultKinds, faults } from './fault.ts';
import { type Point, points } from './points.ts';

/** One point at which one thing goes wrong, on one engine. */
export interface Cell {
  readonly engine: Engine;
  readonly point: Point;
  readonly fault: Fault;
}

export function describeCell({ engine, point, fault }: Cell): string {
  return `${engine}, ${describePoint(point)}, ${fault.kind} ${fault.target}`;
}

export function describePoint({ name, deed, variant }: Point): string {
  return `${deed} at ${name}${variant === 'other' ? ' (binlog)' : ''}`;
}

const ofKind = new Map<FaultKind, readonly Fault[]>(
  faultKinds.map((kind) => [kind, faults.filter((fault) => fault.kind === kind)]),
);
const mostTargets = Math.max(...[...ofKind.values()].map(({ length }) => length));

/** A mover of its own runs only where it is one of its points. */
function isThere({ target }: Fault, { variant }: Point): boolean {
  return target !== 'mover' || variant === 'helped';
}

/**
 * Every cell, in rounds: one round meets every point once with every kind, at another target than the rounds before. Each pass
 * over the points takes each point with another kind, so that wherever one stops, all of both were tried.
 */
export function allCells(chosen: readonly Engine[] = engines): Cell[] {
  const cells: Cell[] = [];
  for (let round = 0; round < mostTargets; round++) {
    for (const pass of faultKinds.keys()) {
      for (const engine of chosen) {
        for (const [at, point] of points.entries()) {
          const kind = faultKinds[(at + pass) % faultKinds.length] as FaultKind;
          const targets = (ofKind.get(kind) ?? []).filter((fault) => isThere(fault, point));
          if (round >= targets.length) continue;
          const fault = targets[(at + round) % targets.length];
          if (fault !== undefined) cells.push({ engine, point, fault });
        }
      }
    }
  }
  return cells;
}
