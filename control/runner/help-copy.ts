import { hostname } from 'node:os';
import { noStopPoints, type StopPoints } from '../../common/stop-points.ts';
import { copyOffered, type MoveLogger } from '../../mover/index.ts';
import type { BanyanConfig } from '../config/index.ts';
import { processIdentity } from '../store/process-identity.ts';
import { moveSpecs } from './move-specs.ts';

export interface HelpCopyOptions {
  readonly config: BanyanConfig;
  readonly features: readonly string[];
  /** Chunks of one feature's copy at a time. */
  readonly workers: number;
  /** The process that has the move copies none itself while this one lives. */
  readonly instead: boolean;
  readonly signal: AbortSignal;
  readonly logger: MoveLogger;
  readonly points?: StopPoints;
  /** Told of each chunk that has landed. */
  readonly onChunk?: (chunk: {
    readonly feature: string;
    readonly table: string;
    readonly rows: number;
  }) => void;
}

/** Copies chunks that the control process offers, of any of these features and in either direction, until `signal` aborts. */
export async function helpCopy(options: HelpCopyOptions): Promise<void> {
  const { config, workers, instead, signal, logger, points = noStopPoints, onChunk } = options;
  const mover = { mover: processIdentity(), host: hostname(), pid: process.pid, workers, instead };
  await Promise.all(
    options.features.flatMap((name) => {
      const feature = config.features[name];
      const specs = feature === undefined ? null : moveSpecs(config, feature);
      return Object.values(specs ?? {}).map((spec) =>
        copyOffered({
          ...{ spec, mover, signal, logger, points },
          ...(onChunk && { onChunk: (chunk) => onChunk({ feature: name, ...chunk }) }),
        }),
      );
    }),
  );
}
