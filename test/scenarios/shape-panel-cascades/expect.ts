import type { Expectation } from '../../support/scenarios/scenario.ts';

export const expectation: Expectation = {
  tables: ['users', 'nodes', 'servers', 'subusers', 'api_keys', 'schedules', 'tasks'],
};
