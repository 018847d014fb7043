import type { Expectation } from '../../support/scenarios/scenario.ts';

/** Text without regard to case, numbers that no double holds, a year beside a column, bytes: each trades places. */
export const expectation: Expectation = {
  tables: ['t'],
  from: ['mysql'],
  to: ['mysql'],
};
