import type { Expectation } from '../../support/scenarios/scenario.ts';

export const expectation: Expectation = {
  tables: ['t'],
  // MySQL 9.7 refuses the first delete by itself: over 30 tables in one cascade (6575).
  from: ['mariadb'],
};
