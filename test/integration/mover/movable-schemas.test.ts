import { expect, it } from 'vitest';
import { describeEachEngine } from '../../support/databases.ts';
import { countMovable } from '../../support/schemas/movable.ts';
import { schemas } from '../../support/schemas/schemas.ts';

/** The figures of docs/limits.md. */
const figures: Readonly<
  Record<string, { together: number; onRequest?: number; afterItsStatements: number; alone: number }>
> = {
  'a blog': { together: 18, afterItsStatements: 18, alone: 18 },
  'a film shop': { together: 9, afterItsStatements: 16, alone: 5 },
  'a server panel': { together: 34, onRequest: 35, afterItsStatements: 35, alone: 17 },
  'a wiki': { together: 57, afterItsStatements: 58, alone: 57 },
  'a publishing tool': { together: 98, afterItsStatements: 98, alone: 59 },
  'a tracker': { together: 127, afterItsStatements: 127, alone: 55 },
  'a monitoring system': { together: 137, afterItsStatements: 173, alone: 60 },
};

/** The smallest on every run; all of them with BANYAN_MOVABLE=all (`npm run soak -- schemas`), and each table also alone, and with both captures. */
const all = process.env.BANYAN_MOVABLE === 'all';
const tried = schemas.filter(({ tables }) => all || tables.length <= 16);

describeEachEngine('schemas in the likeness of widely used applications', (lane) => {
  it.each(tried)('$name', async (schema) => {
    const { alone, ...together } = figures[schema.name] ?? { alone: 0 };
    expect(await countMovable(schema, lane, { alone: all, capture: 'triggers' })).toMatchObject({
      tables: schema.tables.length,
      ...together,
      alone: all ? alone : null,
    });
    if (!all || lane.engine !== 'mysql') return;
    // The log tells what cascades, whatever web the keys form.
    expect(await countMovable(schema, lane, { alone: false, capture: 'binlog' })).toMatchObject({
      afterItsStatements: schema.tables.length,
      stay: {},
    });
  });
});
