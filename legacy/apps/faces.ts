import type { Router } from 'express';
import type { Logger } from 'pino';
import type { Models } from '../models/models.ts';

/** The shop's three faces. Each has paths of its own, so they run in one process or in three behind one address. */
export const faceNames = ['user-api', 'admin', 'shop-owner'] as const;
export type FaceName = (typeof faceNames)[number];

/** What a face is made of. */
export interface FaceContext {
  readonly models: Models;
  readonly log: Logger;
  /** What the home page may take in all, milliseconds. */
  readonly homeMs: number;
  /** Aborted as the process begins to stop: answers that never end by themselves end then. */
  readonly stopping: AbortSignal;
}

export type Face = (context: FaceContext) => Router;
