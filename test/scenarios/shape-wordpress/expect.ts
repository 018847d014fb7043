import type { Expectation } from '../../support/scenarios/scenario.ts';

export const expectation: Expectation = {
  tables: ['wp_posts', 'wp_postmeta', 'wp_options', 'wp_term_relationships'],
};
