import type { MoveSpec } from '../../mover/index.ts';
import { IdleMove } from './idle-move.ts';

const nowhere = { host: '', port: 0, user: '', password: '', database: '' };

/** The move of a feature that has routes and no tables. */
export class NoTablesMove extends IdleMove {
  readonly spec: MoveSpec;
  readonly epoch = 0;

  constructor(id: string) {
    super();
    this.spec = { id, source: nowhere, target: nowhere, tables: [], bookkeepingSchema: '' };
  }
}
