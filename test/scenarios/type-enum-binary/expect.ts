import type { Expectation } from '../../support/scenarios/scenario.ts';

/** Members that are bytes: no introducer says so in a literal. */
export const expectation: Expectation = {
  tables: ['v', 'w'],
};
