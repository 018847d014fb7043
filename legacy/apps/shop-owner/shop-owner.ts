import { Router } from 'express';
import type { FaceContext } from '../faces.ts';

/** What the owners of shops work with. */
export function shopOwner(_context: FaceContext): Router {
  return Router({ caseSensitive: true, strict: true });
}
