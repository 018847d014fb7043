/*
 * The handover of one feature: hold, barrier, leases, fence, drain, decision, open, release, supervisor, with a crash or
 * a freeze of the control process at every step, routers that are cut off, and writers that never stop.
 *
 * `npm run model` checks it as it stands (no error may be found) and then with each of its guards taken away (an error
 * must be found: otherwise the model would prove nothing about that guard). The guards' names are the macros NO_… and
 * EARLY_… below; scripts/model/cases.ts lists them with what each one breaks.
 *
 * What is modelled as one step is one transaction or one statement in the product. A process that freezes is one that is
 * not scheduled; a process that another one has superseded goes on as if nothing had happened. A key's value is the number of
 * writes that reached it, so "this side holds every committed write" is an equation.
 */

#ifndef ROUTERS
#define ROUTERS 2
#endif
#ifndef WRITES
#define WRITES 2      /* for each router */
#endif
#ifndef CONTROLS
#define CONTROLS 2    /* processes that may conduct, one after the other; the last one never crashes */
#endif
#ifndef HANDOVERS
#define HANDOVERS 2   /* a cutover and a rollback */
#endif

#define LEGACY  0
#define SERVICE 1
#define other(side) (1 - (side))

mtype = { idle, undecided, aborting, decided };

/* The state store. Each field changes in transactions that check the control lease's epoch. */
byte  leaseEpoch;
mtype phase = idle;
byte  owner = LEGACY;
byte  version = 1;            /* of the route table */
byte  holdVersion;
byte  handovers;              /* begun so far */

/* The two database servers. */
bool closed[2];               /* banyan.fences.closed */
byte fenceEpoch[2];           /* banyan.fences.epoch */
byte writing[2];              /* transactions that have read the open fence and are not over */
bool captured[2];             /* triggers note the keys of every write */
byte rows[2];                 /* the key's value */
byte logged[2];               /* log entries ever made on this side … */
byte applied[2];              /* … and how many of them are gone again */
byte moveEpoch[2];            /* by source side: guards every commit of a mover on the target */

/* The routers. What the router believes of its lease, and what the store says, are two things. */
bool believes[ROUTERS];
bool alive[ROUTERS];
byte view[ROUTERS];
byte viewOwner[ROUTERS];
bool viewHold[ROUTERS];
byte confirmed[ROUTERS];
bool lapsed[ROUTERS];         /* since the write under way was begun */

/* The control processes. */
byte applying[CONTROLS + 1];  /* 0: no applier; else its source side + 1 */
bool inHand[CONTROLS + 1];    /* the applier has read a batch that it has not written yet */
bool dead[CONTROLS + 1];

byte total;                   /* writes acknowledged to clients */

inline look(r) {
  view[r] = version;
  viewOwner[r] = owner;
  viewHold[r] = (phase != idle)
}

/* --- clients and routers --- */

/* Commits a transaction that has read the open fence. Capture and fence are triggers: they belong to it. */
inline write(at) {
  d_step {
    writing[at]--;
#ifndef NO_FENCE
    assert(!closed[at]);
#endif
    assert(rows[at] == total);           /* it is written over every earlier acknowledged write */
    total++; rows[at] = total;
    if
    :: captured[at] -> logged[at]++
    :: else
    fi
  }
}

proctype Router(byte r) {
  byte begun, side;
end:
  do
  :: d_step { believes[r] && view[r] != version -> look(r) }
  :: d_step { believes[r] && confirmed[r] != view[r] -> confirmed[r] = view[r] }
  :: atomic { begun < WRITES && believes[r] && !viewHold[r] ->
       begun++; lapsed[r] = false; side = viewOwner[r] }
     /* The request is on its way to the side that the router believes in. */
     if
     :: d_step { closed[side] ->
          /* Refused by the fence: only a router whose lease ran out meanwhile may cause that. */
          assert(lapsed[r]); side = 0 }
     :: d_step { !closed[side] -> writing[side]++ }
        write(side);
        side = 0
     fi
  od
}

/* A router loses the state store and finds it again, once. */
proctype Cut(byte r) {
#ifndef NO_LEASE_MARGIN
  d_step { believes[r] = false; lapsed[r] = true }   /* by its own clock, a margin earlier than by the store's */
  alive[r] = false;
#else
  alive[r] = false;
  d_step { believes[r] = false; lapsed[r] = true }
#endif
#ifndef NO_LOOK_ON_RETURN
  d_step { alive[r] = true; look(r); believes[r] = true }
#else
  d_step { alive[r] = true; believes[r] = true }
#endif
}

/* A job of the service's own that writes without asking any router, whenever its tables are open. */
proctype Job() {
end:
  d_step { !closed[SERVICE] -> writing[SERVICE]++ }
  write(SERVICE)
}

/* --- the applier of one control process --- */

proctype Applier(byte me) {
  byte source, upTo, value;
end:
  do
  :: dead[me] -> break
  :: d_step { !dead[me] && applying[me] != 0 && logged[applying[me] - 1] > applied[applying[me] - 1] ->
       inHand[me] = true;
       source = applying[me] - 1;
       upTo = logged[source];
       value = rows[source] }            /* the entries first, the rows not older than they */
     if
#ifndef NO_MOVE_EPOCH
     :: d_step { moveEpoch[source] == me -> rows[other(source)] = value }
        d_step {
          if
          :: applied[source] < upTo -> applied[source] = upTo
          :: else
          fi;
          source = 0; upTo = 0; value = 0; inHand[me] = false }
     :: d_step { moveEpoch[source] != me -> applying[me] = 0; source = 0; upTo = 0; value = 0; inHand[me] = false }
#else
     :: d_step { rows[other(source)] = value }
        d_step {
          if
          :: applied[source] < upTo -> applied[source] = upTo
          :: else
          fi;
          source = 0; upTo = 0; value = 0; inHand[me] = false }
#endif
     fi
  od
}

/* --- the control process --- */

/* One transaction in the state store: refused to a process that no longer has the lease. */
#define CHANGE(change) \
  if \
  :: atomic { leaseEpoch == me -> change } \
  :: leaseEpoch != me -> goto ended \
  fi

/* A crash of the process; the last one never crashes, so that there is somebody to find what is left. */
#define MAY_CRASH \
  if \
  :: me < CONTROLS -> goto ended \
  :: true \
  fi

#ifndef NO_HANDOVER_ID
#define OF_THIS_HANDOVER (handovers == id)
#else
#define OF_THIS_HANDOVER true
#endif
#define DECIDE \
  if \
  :: phase == undecided && OF_THIS_HANDOVER -> owner = T; phase = decided; version++ \
  :: else \
  fi

/* The transaction of the decision, on its way after the process that sent it has lost its connection. */
proctype LateDecision(byte me; byte T; byte id) {
  CHANGE(DECIDE);
ended:
  skip
}

/* `UPDATE banyan.fences SET closed = … WHERE epoch = me`. */
#ifndef NO_FENCE_EPOCH
#define OURS(side) (fenceEpoch[side] == me)
#define SUPERSEDED(side) (fenceEpoch[side] != me)
#else
#define OURS(side) true
#define SUPERSEDED(side) false
#endif

#ifndef NO_WAIT_FOR_WRITERS
#define QUIET(side) (writing[side] == 0)
#else
#define QUIET(side) true
#endif

#define HELD(r) (!alive[r] || confirmed[r] >= holdVersion)

proctype Control(byte me) {
  byte S, T, id;
  /* Leases are taken when their holder let them run out: by crashing, or by being frozen. Later processes have later epochs. */
  if
  :: atomic { leaseEpoch < me -> leaseEpoch = me }
  :: leaseEpoch > me -> goto ended
  fi;

  /* What an earlier process still does is refused from here on, on each server for itself. */
  if
  :: atomic { fenceEpoch[LEGACY] < me -> fenceEpoch[LEGACY] = me; moveEpoch[SERVICE] = me }
  :: fenceEpoch[LEGACY] > me -> goto ended
  fi;
  if
  :: atomic { fenceEpoch[SERVICE] < me -> fenceEpoch[SERVICE] = me; moveEpoch[LEGACY] = me }
  :: fenceEpoch[SERVICE] > me -> goto ended
  fi;

  /* What it finds under way: undecided is taken back, decided is finished. */
  if
  :: phase == decided -> S = other(owner); T = owner; goto forward
  :: phase == undecided || phase == aborting -> S = owner; T = other(owner); goto takeBack
  :: phase == idle
  fi;

settled:
end:
  do
  :: leaseEpoch != me -> goto ended
#ifndef NO_SUPERVISOR
  /* What the stage requires is compared with what runs. */
  :: atomic { leaseEpoch == me && phase == idle && applying[me] != owner + 1 -> applying[me] = owner + 1 }
#endif
  :: leaseEpoch == me && phase == idle && handovers < HANDOVERS && applying[me] == owner + 1 ->
       S = owner; T = other(owner); goto handover
  :: me < CONTROLS -> goto ended
  od;

handover:
#ifndef EARLY_OPEN
#ifndef NO_CAPTURE_BEFORE_OPEN
  captured[T] = true;
  MAY_CRASH;
#endif
#endif
  CHANGE(phase = undecided; handovers++; id = handovers; version++; holdVersion = version);
  MAY_CRASH;
#ifndef NO_BARRIER
  if
  :: HELD(0) && HELD(ROUTERS - 1)
  :: goto takeBack                                  /* the deadline passes */
  fi;
#endif
#ifdef EARLY_DECISION
  CHANGE(DECIDE);
#endif
#ifndef NO_FENCE
  if
  :: atomic { OURS(S) && QUIET(S) -> closed[S] = true }
  :: SUPERSEDED(S) -> goto ended                    /* 0 rows changed */
  :: goto takeBack                                  /* the lock is not granted in time */
  fi;
#endif
  MAY_CRASH;
#ifdef EARLY_OPEN
  atomic { closed[T] = false; assert(closed[S]) }
  captured[T] = true;
#endif
#ifndef EARLY_DECISION
#ifndef NO_DRAIN
  /* The applier says so between two batches: an empty log alone is not enough, since a frozen predecessor may have
     deleted the very entries that this process's applier is about to write. */
  if
#ifndef NO_IDLE_APPLIER
  :: logged[S] == applied[S] && !inHand[me]
#else
  :: logged[S] == applied[S]
#endif
  :: goto takeBack
  fi;
#endif
  MAY_CRASH;
  if
  :: CHANGE(DECIDE)
  :: run LateDecision(me, T, id); goto takeBack         /* the connection breaks: nobody knows whether it arrives */
  fi;
#endif
  MAY_CRASH;
  if
  :: phase == decided && owner == T -> goto forward
  :: else -> goto takeBack
  fi;

forward:
  applying[me] = 0;
  /* Asked right before the fence is opened: is it still this handover, and still ours? */
  if
  :: leaseEpoch == me && phase == decided
  :: leaseEpoch != me -> goto ended
  fi;
  if
  :: atomic { OURS(T) -> closed[T] = false;
#ifndef NO_FENCE
       assert(closed[other(T)])                     /* never both open */
#endif
     }
  :: SUPERSEDED(T) -> goto ended
  fi;
#ifdef NO_CAPTURE_BEFORE_OPEN
  captured[T] = true;
#endif
  MAY_CRASH;
  CHANGE(phase = idle; version++);
  /* The applier of the other direction is started here, unless the process loses its connection at this moment. */
  if
  :: applying[me] = T + 1
  :: true
  fi;
  MAY_CRASH;
  goto settled;

takeBack:
#ifndef NO_GIVE_UP
  CHANGE(if :: phase == undecided -> phase = aborting :: else fi);
  if
  :: phase == decided -> goto forward
  :: else
  fi;
#endif
  MAY_CRASH;
  if
  :: atomic { OURS(S) -> closed[S] = false; assert(closed[T]) }
  :: SUPERSEDED(S) -> goto ended
  fi;
  MAY_CRASH;
  CHANGE(phase = idle; version++);
  goto settled;

ended:
  atomic { dead[me] = true; applying[me] = 0 }
}

/* Once nothing more happens: no handover is stuck, one side owns and is open, nothing is lost, both sides are equal. */
proctype Quiescent() {
  byte r;
  timeout ->
  assert(phase == idle);
  assert(handovers == HANDOVERS);
#ifndef NO_FENCE
  assert(!closed[owner] && closed[other(owner)]);
#endif
  assert(rows[owner] == total);
  assert(rows[LEGACY] == rows[SERVICE]);
  for (r : 0 .. ROUTERS - 1) {
    assert(alive[r] && believes[r] && view[r] == version && viewOwner[r] == owner && !viewHold[r])
  }
}

init {
  byte i;
  d_step {
    for (i : 0 .. ROUTERS - 1) {
      believes[i] = true; alive[i] = true; look(i); confirmed[i] = version
    }
    closed[SERVICE] = true;
    captured[LEGACY] = true;
    i = 0
  }
  atomic {
    run Quiescent();
    for (i : 0 .. ROUTERS - 1) { run Router(i) }
    run Cut(0);
    run Job();
    for (i : 1 .. CONTROLS) { run Control(i); run Applier(i) }
  }
}
