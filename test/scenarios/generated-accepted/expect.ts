import type { Expectation } from '../../support/scenarios/scenario.ts';

/** MariaDB has 0.1428571420 for 1 / 7 here and cuts the time, MySQL has 0.1429000000 and rounds it. */
export const expectation: Expectation = {
  tables: ['t'],
  generated: 'accept',
};
