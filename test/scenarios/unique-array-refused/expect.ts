import type { Expectation } from '../../support/scenarios/scenario.ts';

/** Each member of an array is unique, and the server cannot say which row has one. */
export const expectation: Expectation = {
  tables: ['t'],
  from: ['mysql'],
  to: ['mysql'],
  refused: ['BANYAN_UNIQUE_UNSUPPORTED'],
};
