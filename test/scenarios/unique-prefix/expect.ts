import type { Expectation } from '../../support/scenarios/scenario.ts';

/** Values trade places that are unique by their first characters or bytes, in other spellings too. */
export const expectation: Expectation = {
  tables: ['t'],
};
