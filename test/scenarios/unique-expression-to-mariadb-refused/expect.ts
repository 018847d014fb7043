import type { Expectation } from '../../support/scenarios/scenario.ts';

export const expectation: Expectation = {
  tables: ['t'],
  from: ['mysql'],
  to: ['mariadb'],
  refused: ['BANYAN_SCHEMA_UNTRANSLATABLE'],
};
