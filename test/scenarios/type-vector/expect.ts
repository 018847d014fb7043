import type { Expectation } from '../../support/scenarios/scenario.ts';

export const expectation: Expectation = {
  tables: ['v'],
  from: ['mysql'],
  to: ['mysql'],
};
