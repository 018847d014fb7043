import type { Expectation } from '../../support/scenarios/scenario.ts';

export const expectation: Expectation = {
  tables: ['actor', 'film', 'film_actor'],
  refused: ['BANYAN_FOREIGN_KEY_CASCADE'],
};
