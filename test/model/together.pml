/*
 * One handover of two features: held, decided and given up as one, ended each by itself, with a crash of the control process at
 * every step, a decision that arrives after its sender has lost its connection, and a second process that finds what is left
 * and ends each feature by itself, in either order.
 *
 * What one feature's handover must not do (lost writes, both sides open, writers in flight) is handover.pml's matter: there is
 * no traffic here. The question is whether both features have the same owner in the end. `npm run model` checks it as it
 * stands and with each of its guards taken away; scripts/model/cases.ts lists them.
 */

#define FEATURES 2
#define LEGACY  0
#define SERVICE 1

mtype = { idle, undecided, aborting, decided };

/* The state store: each transaction is one atomic step, and checks the control lease's epoch. */
byte  leaseEpoch = 1;
mtype phase[FEATURES] = idle;
byte  owner[FEATURES] = LEGACY;
byte  handovers;                       /* begun so far: the id of the one under way */

/* The database's fences, of each feature on each side. */
bool  closedLegacy[FEATURES];
bool  closedService[FEATURES];

byte  fenceEpoch[FEATURES] = 1;        /* of each fence: a process that was superseded closes none */

byte  ended;                           /* features that the second process has looked at */

#define MINE(me) (leaseEpoch == me)

/* One transaction for both, refused unless both are undecided. */
#ifdef CHECKS_ONE
#define ALL_UNDECIDED (phase[0] == undecided)
#else
#define ALL_UNDECIDED (phase[0] == undecided && phase[1] == undecided)
#endif

inline decideOne(f) {
  assert(closedLegacy[f]);             /* drained, and nobody can add to it */
  owner[f] = SERVICE; phase[f] = decided
}

inline decide(me, id) {
#ifdef TWO_DECISIONS
  if
  :: atomic { MINE(me) && handovers == id && phase[0] == undecided -> decideOne(0) }
  :: else
  fi;
  if
  :: atomic { MINE(me) && handovers == id && phase[1] == undecided -> decideOne(1) }
  :: else
  fi
#else
  if
  :: atomic { MINE(me) && handovers == id && ALL_UNDECIDED -> decideOne(0); decideOne(1) }
  :: else
  fi
#endif
}

/* Ends one feature: undecided is given up, decided is finished. */
inline endOne(me, f) {
  if
  :: atomic { MINE(me) && phase[f] == undecided -> phase[f] = aborting }
  :: else
  fi;
  if
  :: atomic { MINE(me) && phase[f] == aborting -> closedLegacy[f] = false }
     if
     :: atomic { MINE(me) && phase[f] == aborting -> phase[f] = idle }
     :: !MINE(me)
     fi
  :: atomic { MINE(me) && phase[f] == decided -> closedService[f] = false; assert(closedLegacy[f]) }
     if
     :: atomic { MINE(me) && phase[f] == decided -> phase[f] = idle }
     :: !MINE(me)
     fi
  :: else
  fi
}

proctype LateDecision(byte me; byte id) { decide(me, id) }

/* The process that conducts. It may die wherever `MAY_DIE` stands, and at the latest when it has lost the lease. */
#define MAY_DIE if :: goto dead :: true fi

#define CLOSE(f) \
  if \
  :: atomic { fenceEpoch[f] == me -> closedLegacy[f] = true } \
  :: fenceEpoch[f] != me -> goto dead \
  fi

proctype Conductor(byte me) {
  byte id;
  if
  :: atomic { MINE(me) -> handovers++; id = handovers; phase[0] = undecided; phase[1] = undecided }
  :: !MINE(me) -> goto dead
  fi;
  MAY_DIE;
  CLOSE(0);
  MAY_DIE;
#ifndef FENCES_ONE
  /* One may not close in time. */
  if
  :: CLOSE(1)
  :: goto takeBack
  fi;
  MAY_DIE;
#endif
  if
  :: true; decide(me, id)
  :: run LateDecision(me, id)          /* the connection breaks: nobody knows whether it arrives */
  fi;
  MAY_DIE;
takeBack:
  /* Both are given up by one transaction, unless the supervisor has each of them ended by itself. */
  if
  :: atomic { MINE(me) ->
       if :: phase[0] == undecided -> phase[0] = aborting :: else fi;
       if :: phase[1] == undecided -> phase[1] = aborting :: else fi }
  :: true
  fi;
  MAY_DIE;
  if
  :: true; endOne(me, 0); MAY_DIE; endOne(me, 1)
  :: true; endOne(me, 1); MAY_DIE; endOne(me, 0)
  fi;
dead:
  skip
}

/* The next process: takes the lease whenever it can be had, and ends each feature by itself. */
proctype Recover(byte f) {
  leaseEpoch == 2;
  fenceEpoch[f] = 2;
  endOne(2, f);
  ended++
}

proctype Quiescent() {
  byte f;
  timeout ->
  assert(ended == FEATURES);
  assert(owner[0] == owner[1]);
  for (f : 0 .. FEATURES - 1) {
    assert(phase[f] == idle);
    if
    :: owner[f] == LEGACY -> assert(!closedLegacy[f] && closedService[f])
    :: else -> assert(closedLegacy[f] && !closedService[f])
    fi
  }
}

init {
  d_step { closedService[0] = true; closedService[1] = true }
  atomic {
    run Quiescent();
    run Conductor(1);
    run Recover(0);
    run Recover(1)
  }
  /* The lease runs out at any moment: the conductor may have died, or only be slow. */
  leaseEpoch = 2
}
