import type { Expectation } from '../../support/scenarios/scenario.ts';

export const expectation: Expectation = {
  tables: ['hosts', 'items', 'triggers', 'functions', 'item_tag', 'graphs', 'graphs_items'],
};
