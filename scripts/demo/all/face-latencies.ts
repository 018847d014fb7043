/** Which face of the shop a path belongs to, as clients see it: who answers it may be another matter by now. */
export type Face = 'user API' | 'admin' | 'shop owner';

export interface FaceLatency {
  readonly face: Face;
  readonly requests: number;
  /** Milliseconds; null without requests. */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

/** Every request's latency, by face: a story has some ten thousand, and the exact percentile is cheap. */
export class FaceLatencies {
  readonly #samples: Record<Face, number[]> = { 'user API': [], admin: [], 'shop owner': [] };

  add(path: string, ms: number): void {
    this.#samples[faceOf(path)].push(ms);
  }

  summary(): readonly FaceLatency[] {
    return Object.entries(this.#samples).map(([face, samples]) => {
      const sorted = Float64Array.from(samples).sort();
      const at = (share: number) => {
        const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
        return value === undefined ? null : Math.round(value * 100) / 100;
      };
      return { face: face as Face, requests: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
    });
  }
}

export function faceOf(path: string): Face {
  if (path.startsWith('/admin')) return 'admin';
  return path.startsWith('/owner') ? 'shop owner' : 'user API';
}
