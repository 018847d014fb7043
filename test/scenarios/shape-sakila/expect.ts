import type { Expectation } from '../../support/scenarios/scenario.ts';

export const expectation: Expectation = {
  tables: ['actor', 'film', 'film_actor', 'country', 'city', 'address'],
};
