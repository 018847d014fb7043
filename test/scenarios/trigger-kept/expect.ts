import type { Expectation } from '../../support/scenarios/scenario.ts';

/** What the triggers log stays with legacy: nothing is logged for rows that come back. */
export const expectation: Expectation = {
  tables: ['t'],
};
