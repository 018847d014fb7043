import type { Expectation } from '../../support/scenarios/scenario.ts';

export const expectation: Expectation = {
  tables: ['p', { table: 'c', key: 'all columns' }],
  refused: ['BANYAN_FOREIGN_KEY_CASCADE'],
};
