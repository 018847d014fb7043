import type { Expectation } from '../../support/scenarios/scenario.ts';

/** More than 500 ways lead through the keys. */
export const expectation: Expectation = {
  tables: ['hosts', 'items', 'rules', 'notes'],
};
