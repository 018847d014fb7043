import { z } from 'zod';
import { progressLine } from '../progress.ts';
import { list, side, stage, texts, time } from '../words.ts';
import { planDescription } from './canary.ts';
import { ending, failing, frozen, handoverState, lostService, otherSide, verified } from './feature-state.ts';
import { throttleSettings } from './rows.ts';

const verifiedRows = {
  /** Rows that were compared. */
  rows: z.number(),
  /** Rows that differed while clean at the last look. */
  different: z.number(),
  /** How long ago those rows were looked at that were not looked at for longest; null: some never were. */
  oldestMs: z.number().nullable(),
};

const runningMove = z.object({
  /** What the stage asks the mover to do. */
  does: z.string(),
  /** The process asked has the move's lease. */
  held: z.boolean(),
  applying: z.enum(['forward', 'reverse']).nullable(),
  backlog: z.object({ entries: z.number(), oldestMs: z.number() }).nullable(),
  /** Keys whose rows on the other side somebody else has locked: their changes wait, all others go on. */
  lockedKeys: z.number(),
  /** How fast rows are copied, and what slows that down; null while none are. */
  pace: throttleSettings
    .extend({
      because: texts,
      /** Other processes that copy chunks of it; `instead`: the one that has the move copies none. */
      movers: list(
        z.object({
          mover: z.string(),
          host: z.string(),
          pid: z.number(),
          workers: z.number(),
          instead: z.boolean(),
        }),
      ),
    })
    .nullable(),
  /** How far the copy of each table is; null while nothing is copied, or it cannot be read. */
  copied: list(
    z.object({ table: z.string(), complete: z.boolean(), rows: z.number(), bytes: z.number() }),
  ).nullable(),
  /** What verifies have found so far; null: nothing is to be equal, or it cannot be read. */
  verified: z
    .object({
      ...verifiedRows,
      tables: list(z.object({ table: z.string(), ...verifiedRows })),
      /** What the steady verify was cut off by. */
      trouble: z.string().nullable(),
    })
    .nullable(),
  /** Entries of its change feed that no broker has acknowledged; null: it has none, or it cannot be read. */
  feed: z
    .object({
      /** 100,000 stands for as many or more. */
      waiting: z.number(),
      oldestMs: z.number(),
      snapshots: list(z.object({ table: z.string(), rows: z.number() })),
    })
    .nullable(),
  trouble: z.string().nullable(),
  progress: progressLine.nullable(),
});

const refusedWrites = z.object({
  side,
  count: z.number(),
  /** When the fence was closed, by that server's clock. */
  since: time.nullable(),
  /** When control last saw the count grow; null: not since it started. */
  lastAt: time.nullable(),
  /** Whose they were, as far as control saw; null: that server does not say. */
  by: list(
    z.object({ user: z.string(), host: z.string(), statement: z.string(), seen: z.number() }),
  ).nullable(),
});

export const featureStatus = z.object({
  name: z.string(),
  stage,
  owner: side,
  since: time,
  paused: z.boolean(),
  failing: failing.nullable(),
  /** Who froze it. */
  frozen: frozen.nullable(),
  /** The service that a rollback with a loss has left; null: there is none. */
  lost: lostService.nullable(),
  /** An `abandon` or `finish` that was begun and is not done; null: there is none. */
  ending: ending.nullable(),
  /** A handover is under way: writes are held. */
  hold: z.boolean(),
  otherSide,
  /** Whether there is a way back after a cutover. */
  rollback: z.boolean(),
  handover: handoverState.nullable(),
  verified: verified.nullable(),
  /** What its canaries will still do by themselves. */
  canaries: list(planDescription),
  /** What is not as the stage requires, and since when by control's clock. */
  finding: z.object({ what: z.string(), since: time }).nullable(),
  /** Writes that the fence of the side which does not own the rows has refused; null: nothing is fenced, or nobody has looked yet. */
  refused: refusedWrites.nullable(),
  /** Addresses of its service at which nobody accepts connections, or nobody answers, each with the reason. */
  unreachable: texts,
  /** The command under way. */
  running: z.string().nullable(),
  /** null: the process asked does not run moves. */
  move: runningMove.nullable(),
  /** Legacy's, that move with it. */
  tables: texts,
  routes: list(
    z.object({
      id: z.string(),
      access: z.enum(['read', 'write']),
      readPercent: z.number().nullable(),
      readCohorts: texts,
    }),
  ),
});

export const replica = z.object({
  replica: z.string(),
  /** A router, or a process of the monolith that has seams. */
  kind: z.enum(['router', 'seam']),
  host: z.string(),
  pid: z.number(),
  /** Of the route table it decides by. */
  version: z.number(),
  drained: z.record(z.string(), z.number()),
  /** Features whose service it can ask; null: it does not say. */
  services: texts.nullable(),
  /** By which config it goes; null: it does not say. */
  config: z
    .object({
      /** Of all that control and routers must agree on. */
      fingerprint: z.string(),
      /** By feature: of how its service is called. */
      features: z.record(z.string(), z.string()),
      /** The version of banyan that it runs; left out by a router from before it was told. */
      banyan: z.string().optional(),
      /** Settings that its file has otherwise: they take effect when it is started again. */
      restart: texts,
      /** Why its last reload changed nothing. */
      fault: z.string().nullable(),
      /** Up to which request to reload it has done so. */
      reload: z.number().nullable(),
    })
    .nullable(),
  live: z.boolean(),
  beatAgoMs: z.number(),
});

/** Where everything stands. */
export const statusReport = z.object({
  /** A standby answers, and refuses commands. */
  role: z.enum(['active', 'standby']),
  now: time,
  /** Of the route table. */
  version: z.number(),
  writtenAt: time,
  control: z.object({ holder: z.string(), epoch: z.number(), since: time }).nullable(),
  /** Addresses of legacy at which nobody accepts connections, or nobody answers, each with the reason. */
  unreachable: texts,
  /** Databases of legacy, and of features that have begun to move, that do not answer, each with its name and the reason. */
  unreachableDatabases: texts,
  features: list(featureStatus),
  /** By which config the process asked goes. */
  config: z.object({ fingerprint: z.string(), features: z.record(z.string(), z.string()) }),
  /** Those that are alive. */
  replicas: list(replica),
});
