import type { Expectation } from '../../support/scenarios/scenario.ts';

/** Each member of an array is unique: a row may be kept out by several others. */
export const expectation: Expectation = {
  tables: ['t'],
  from: ['mysql'],
  to: ['mysql'],
};
