import type { Fault } from '../../common/errors.ts';
import type {
  Applier,
  Backlog,
  ClearOptions,
  CopyPace,
  EmptiedTable,
  FenceOptions,
  FenceStanding,
  Move,
  MoveSide,
  MoveSpec,
  RefusedStatement,
  RefusedWrites,
  RepairReport,
  Restored,
  TakeBackReport,
  VerifyReport,
  WaitingKeys,
  WorkOptions,
} from '../../mover/index.ts';

const nothing: Backlog = { entries: 0, oldestMs: 0 };

/** A move that carries nothing: all of its work is done before it begins. */
export abstract class IdleMove implements Move {
  abstract readonly spec: MoveSpec;
  abstract readonly epoch: number;

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
  async copiedTables() {
    return [];
  }
  async restartCopy() {}
  async restoreIndexes() {}
  throttle() {}
  pace(): CopyPace {
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
  readonly lockedKeys = 0;

  async backlog() {
    return nothing;
  }
  async feed() {
    return null;
  }
  async waiting(): Promise<readonly WaitingKeys[]> {
    return [];
  }
  async lookAtLost(): Promise<TakeBackReport> {
    return { tables: [] };
  }
  async verify(): Promise<VerifyReport> {
    return { tables: [], orphans: [], rowsCompared: 0, rowsKept: 0, different: 0, unsettled: 0 };
  }
  async verified() {
    return { rows: 0, different: 0, oldestMs: 0, tables: [] };
  }
  async forgetVerified() {}
  async repair(): Promise<RepairReport> {
    return { tables: [], rowsCompared: 0, different: 0 };
  }
  async verifyLastApplied(): Promise<VerifyReport> {
    return { tables: [], orphans: [], rowsCompared: 0, rowsKept: 0, different: 0, unsettled: 0 };
  }
  async prepareFence(_side: MoveSide, _options: FenceOptions): Promise<void> {}
  async fence(_side: MoveSide, _options: FenceOptions): Promise<void> {}
  async openFence(_side: MoveSide, _options?: WorkOptions): Promise<void> {}
  async clearFence(_side: MoveSide, _options?: ClearOptions): Promise<readonly string[]> {
    return [];
  }
  async fenceState(): Promise<{ readonly source: FenceStanding; readonly target: FenceStanding }> {
    return { source: 'open', target: 'fenced' };
  }
  async refused(_side: MoveSide): Promise<RefusedWrites> {
    return { count: 0, closedAt: null };
  }
  async refusedStatements(_side: MoveSide): Promise<readonly RefusedStatement[] | null> {
    return null;
  }
  async lackingRights(_side: MoveSide): Promise<readonly Fault[]> {
    return [];
  }
  async raiseAutoIncrement() {}
  async checkAutoIncrement() {}
  async checkFingerprint() {}
  async adoptTarget() {}
  async targetChanged() {
    return [];
  }
  async checkTarget() {}
  async checkRestored() {}
  async checkStore() {}
  async tellStore() {}
  async adoptStore() {}
  async restored(): Promise<Restored | null> {
    return null;
  }
  async acceptRestored() {}
  async checkEmptied() {}

  async emptied(): Promise<readonly EmptiedTable[]> {
    return [];
  }

  async takeBack(): Promise<TakeBackReport> {
    return { tables: [] };
  }
  async checkPrepared() {}
  async guardTables() {}
  async assertGuarded() {}
  releaseTables() {}
  async close() {}
}
