import type { Expectation } from '../../support/scenarios/scenario.ts';

/** Values trade places that the servers compute, virtual and stored, alone and beside the beginning of a text. */
export const expectation: Expectation = {
  tables: ['t'],
};
