import type { Expectation } from '../../support/scenarios/scenario.ts';

/** More ways through the keys than a trigger has by themselves. */
export const expectation: Expectation = {
  tables: ['hosts', 'items', 'rules', 'notes'],
};
