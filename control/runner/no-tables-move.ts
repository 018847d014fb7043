import type { Applier, Backlog, Move, MoveSpec } from '../../mover/index.ts';

const nothing: Backlog = { entries: 0, oldestMs: 0 };
const nowhere = { host: '', port: 0, user: '', password: '', database: '' };

/** The move of a feature that has routes and no tables: all of its work is done before it begins. */
export class NoTablesMove implements Move {
  readonly spec: MoveSpec;
  readonly epoch = 0;

  constructor(id: string) {
    this.spec = { id, source: nowhere, target: nowhere, tables: [], bookkeepingSchema: '' };
  }

  async installCapture() {}
  async dropCapture() {}
  async renewCapture() {}
  async captureState() {
    return 'complete' as const;
  }
  async copy() {}
  async copied() {
    return true;
  }
  async restartCopy() {}
  async restoreIndexes() {}
  throttle() {}
  pace() {
    return { workers: 1, share: 1, because: [], movers: [] };
  }
  startApplying(): Applier {
    return {
      backlog: async () => nothing,
      drain: async () => {},
      stop: async () => {},
      failed: new Promise<Error>(() => {}),
    };
  }
  async backlog() {
    return nothing;
  }
  async verify() {
    return { tables: [], orphans: [], rowsCompared: 0, rowsKept: 0, different: 0, unsettled: 0 };
  }
  async verified() {
    return { rows: 0, different: 0, oldestMs: 0, tables: [] };
  }
  async forgetVerified() {}
  async repair() {
    return { tables: [], rowsCompared: 0, different: 0 };
  }
  async verifyLastApplied() {
    return { tables: [], orphans: [], rowsCompared: 0, rowsKept: 0, different: 0, unsettled: 0 };
  }
  async prepareFence() {}
  async fence() {}
  async openFence() {}
  async clearFence() {
    return [];
  }
  async fenceState() {
    return { source: 'open', target: 'fenced' } as const;
  }
  async refused() {
    return { count: 0, closedAt: null };
  }
  async refusedStatements() {
    return null;
  }
  async raiseAutoIncrement() {}
  async checkAutoIncrement() {}
  async checkFingerprint() {}
  async adoptTarget() {}
  async targetChanged() {
    return [];
  }
  async checkTarget() {}
  async checkPrepared() {}
  async guardTables() {}
  async assertGuarded() {}
  releaseTables() {}
  async close() {}
}
