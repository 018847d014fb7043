import type { Expectation } from '../../support/scenarios/scenario.ts';

/** A writer may have the triggers of children fire for what a cascade changes. */
export const expectation: Expectation = {
  tables: ['p', 'c', 'g'],
  from: ['mysql'],
  to: ['mysql'],
};
