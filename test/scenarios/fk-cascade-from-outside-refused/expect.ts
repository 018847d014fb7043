import type { Expectation } from '../../support/scenarios/scenario.ts';

export const expectation: Expectation = {
  tables: ['c'],
  refused: ['BANYAN_FOREIGN_KEY_CASCADE'],
};
