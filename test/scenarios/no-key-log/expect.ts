import type { Expectation } from '../../support/scenarios/scenario.ts';

export const expectation: Expectation = {
  tables: [{ table: 't', key: 'all columns' }],
};
