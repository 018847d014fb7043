/** One check of the model of the handover: as it stands, or with one guard taken away. */
export interface ModelCase {
  readonly name: string;
  /** In test/model/; left out: `handover`. */
  readonly model?: 'handover' | 'together' | 'leases';
  /** Macros of the model. */
  readonly defines: readonly string[];
  /** `none`: the whole state space holds no error. `some`: an error must be found. */
  readonly errors: 'none' | 'some';
  /** What it shows, for people. */
  readonly about: string;
}

const twoRouters = ['ROUTERS=2', 'WRITES=1', 'HANDOVERS=1'];
const oneRouter = ['ROUTERS=1', 'WRITES=1', 'HANDOVERS=1'];
const thereAndBack = ['ROUTERS=1', 'WRITES=1', 'HANDOVERS=2'];

function without(guard: string, about: string, size = twoRouters): ModelCase {
  return { name: guard, defines: [...size, guard], errors: 'some', about };
}

function withoutTogether(guard: string, about: string): ModelCase {
  return { name: guard, model: 'together', defines: [guard], errors: 'some', about };
}

function withoutLease(guard: string, about: string): ModelCase {
  return { name: `lease ${guard}`, model: 'leases', defines: [guard], errors: 'some', about };
}

/** Every guard of the protocol is here once: a model in which one of them could go unnoticed proves nothing about it. */
export const modelCases: readonly ModelCase[] = [
  { name: 'two routers', defines: twoRouters, errors: 'none', about: 'a cutover, one router is cut off' },
  { name: 'there and back', defines: thereAndBack, errors: 'none', about: 'a cutover and a rollback' },
  without('NO_FENCE', 'the database does not refuse writes'),
  without('NO_WAIT_FOR_WRITERS', 'closing does not wait for writers in flight'),
  without('NO_FENCE_EPOCH', 'a superseded process closes or opens a fence', oneRouter),
  without('NO_BARRIER', 'the fence closes before every router holds'),
  without('NO_LEASE_MARGIN', 'the store gives a router up before it holds'),
  without('NO_LOOK_ON_RETURN', 'a router that returns uses the table it had'),
  without('NO_DRAIN', 'the decision does not wait for the log'),
  without('NO_IDLE_APPLIER', 'an empty log counts while a batch is in hand', oneRouter),
  without('NO_MOVE_EPOCH', 'a superseded applier commits', oneRouter),
  without('NO_CAPTURE_BEFORE_OPEN', 'the new owner opens before its capture'),
  without('NO_GIVE_UP', 'taken back without a transaction that forbids the decision'),
  without('NO_HANDOVER_ID', 'a late decision counts for the next handover', thereAndBack),
  without('NO_SUPERVISOR', 'nothing starts an applier that does not run'),
  without('EARLY_DECISION', 'the decision comes before fence and drain'),
  without('EARLY_OPEN', 'the new owner opens before the decision'),
  {
    ...{ name: 'two features', model: 'together', defines: [], errors: 'none' },
    about: 'a cutover of two features as one, taken over and ended by another process',
  },
  withoutTogether('TWO_DECISIONS', 'each feature is decided by a transaction of its own'),
  withoutTogether('CHECKS_ONE', 'the decision looks at one of the features only'),
  withoutTogether('FENCES_ONE', 'only one of the features is fenced'),
  {
    ...{ name: 'a lease in a large fleet', model: 'leases', defines: [], errors: 'none' },
    about: 'reports that stand for several leases, and looks that keep one, each as slow as it likes',
  },
  withoutLease('NO_LEASE_MARGIN', 'the store counts no longer than a router whose clock is slow'),
  withoutLease('NO_WAIT_FOR_LOOKS', 'a barrier forgets that a router may just have looked'),
  withoutLease('NO_WAIT_FOR_REPORTS', 'a barrier forgets that a router has just reported'),
  withoutLease('NO_LOOK_AFTER_LAPSE', 'a report that comes after the lease counts without a look'),
  withoutLease('NO_OWN_STANDS', 'a report from a small fleet is taken to stand as long as in a large one'),
  withoutLease('NO_GREATEST', 'a beat that was given up and arrives late cuts short what stands'),
];

/** A few seconds: the smallest state space, and one guard that is seen to be missed. */
export const quickCases: readonly ModelCase[] = [
  {
    name: 'one router',
    defines: oneRouter,
    errors: 'none',
    about: 'a cutover',
  },
  without('NO_DRAIN', 'the decision does not wait for the log', oneRouter),
];
