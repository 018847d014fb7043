/*
 * The lease of one router, as control and the router keep it: a report in the state store stands for longer than a lease where
 * the fleet is large, and looks at the route table that find nothing newer keep the lease meanwhile. Control publishes a hold, waits
 * until the router has confirmed it or can have no lease any more, and closes the old owner's tables.
 *
 * Time is a clock of its own that may go on between any two steps: between sending and arriving, and between an answer and what
 * is done with it. So every beat is as slow as it likes. What is modelled as one step is one statement at the state store. The
 * question is whether the router ever sends a write to tables that are closed; what the fence does with writes that were
 * under way is handover.pml's matter. `npm run model` checks it as it stands and with each of its guards taken away;
 * scripts/model/cases.ts lists them.
 */

#define LEASE   2
#define STANDS  4       /* a report, in a large fleet; in a small one a lease */
#define END     7       /* the clock stops: later everything is as it was */
#define DRIFT   1       /* the router's clock may be that slow over a lease */
#ifdef NO_LEASE_MARGIN
#define MARGIN  0
#else
#define MARGIN  1
#endif
#define HOLD    3       /* the version that holds writes; 2 is another change */

byte now;

/* The state store. */
byte version = 1;       /* of the route table */
bool reported;          /* the router's row is there */
byte rowVersion, rowBeatAt, rowUntil;
byte heldAt;            /* by control's clock, once the hold is committed */
bool closed;            /* the old owner's tables */
bool large;             /* the router has counted the fleet, and it is a large one */

/* A beat that the router gave up, still on its way. */
bool late;
byte lateVersion, lateStands;

/* The router. */
byte view;              /* the version that it decides by; 0: none yet */
byte until;             /* its lease, by its own clock */

#define MAX(a, b) (a > b -> a : b)
#define MIN(a, b) (a < b -> a : b)
#define STANDS_NOW (large -> STANDS : LEASE)

/* What control waits for, with the row as it is at this moment. */
#ifdef NO_WAIT_FOR_LOOKS
#define CAN_HAVE_LOOKED false
#else
#define CAN_HAVE_LOOKED (heldAt + LEASE + MARGIN > now)
#endif
#ifdef NO_WAIT_FOR_REPORTS
#define HAS_REPORTED false
#else
#define HAS_REPORTED (rowBeatAt + LEASE + MARGIN > now)
#endif
#define PENDING (reported && rowUntil > now && rowVersion < HOLD && (HAS_REPORTED || CAN_HAVE_LOOKED))

/* A row that stands for long is not cut short by a beat that arrives late. */
#ifdef NO_GREATEST
#define KEPT(stands) rowUntil = now + stands + MARGIN
#else
#define KEPT(stands) rowUntil = MAX(rowUntil, now + stands + MARGIN)
#endif
#define REPORT(v, stands) reported = true; rowVersion = v; rowBeatAt = now; KEPT(stands)

proctype Clock() {
end:
  do
  :: atomic { now < END -> now++ }
  od
}

proctype Control() {
  if
  :: version = 2
  :: true
  fi;
  d_step { version = HOLD; heldAt = now }
endWaiting:
  d_step { !PENDING -> closed = true }
end:
  false
}

proctype Late() {
end:
  d_step { late -> REPORT(lateVersion, lateStands); late = false; lateVersion = 0; lateStands = 0 }
}

proctype Router() {
  byte at, stands;
  byte saidAt, saidVersion, saidStands, lookedAt, before;
  bool said, looked, look, gaveUp;
#ifdef NO_OWN_STANDS
#define STANDS_UNTIL (saidAt + STANDS_NOW)
#else
#define STANDS_UNTIL (saidAt + saidStands)
#endif
#define LEASE_UNTIL (said -> MIN(LEASE + MAX(saidAt, lookedAt), STANDS_UNTIL) : 0)
end:
  do
  :: d_step { !large -> large = true }
  :: d_step { view > 0 && view < HOLD && now < until + DRIFT -> assert(!closed) }
  :: atomic { now < END -> at = now; before = LEASE_UNTIL; stands = STANDS_NOW; looked = false; look = false }
     if
     /* What it says stands, and is renewed only now and then. */
     :: d_step { said && saidVersion == view && at < STANDS_UNTIL -> look = true }
     :: d_step { said && saidVersion == view && reported && rowVersion == view && version == view ->
          rowBeatAt = now; KEPT(stands); looked = true; saidAt = at; saidStands = stands }
     :: d_step { said && saidVersion == view && version != view -> look = true; before = 0 }
     /* Its row is not what it was: it says everything again. */
     :: d_step { said && saidVersion == view && rowVersion != view ->
          REPORT(view, stands); look = true; saidAt = at; saidStands = stands }
     :: d_step { said && saidVersion != view ->
          REPORT(view, stands); saidAt = at; saidVersion = view; saidStands = stands }
     :: d_step { !said ->
          REPORT(view, stands); look = true; said = true; saidAt = at; saidVersion = view; saidStands = stands }
     /* Given up, once: it may arrive yet, and the next beat says everything again. */
     :: d_step { !gaveUp && said ->
          gaveUp = true; late = true; lateVersion = view; lateStands = stands;
          said = false; saidAt = 0; saidVersion = 0; saidStands = 0; before = 0; at = 0; stands = 0 }
        goto end
     fi;
     /* Its answer has arrived. */
     if
#ifndef NO_LOOK_AFTER_LAPSE
     :: d_step { !look && !looked && now >= before -> look = true }
#endif
     :: else
     fi;
     if
     :: d_step { look && version == view -> lookedAt = at }
        d_step { until = LEASE_UNTIL }
     :: d_step { look && version != view -> stands = version }
        d_step { until = LEASE_UNTIL; view = stands }
     :: d_step { !look ->
          if
          :: looked -> lookedAt = at
          :: else
          fi;
          until = LEASE_UNTIL }
     fi;
     d_step { at = 0; before = 0; stands = 0; looked = false; look = false }
  od
}

init {
  atomic { run Clock(); run Control(); run Late(); run Router() }
}
