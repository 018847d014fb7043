import type { Expectation } from '../../support/scenarios/scenario.ts';

export const expectation: Expectation = {
  tables: ['상품목록'],
};
