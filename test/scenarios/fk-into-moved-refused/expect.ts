import type { Expectation } from '../../support/scenarios/scenario.ts';

export const expectation: Expectation = {
  tables: ['p'],
  refused: ['BANYAN_FOREIGN_KEY_CROSSES'],
};
