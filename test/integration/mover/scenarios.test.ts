import { describe, it } from 'vitest';
import type { MoveTuning } from '../../../mover/index.ts';
import { type Engine, engineLane, engines } from '../../support/databases.ts';
import { runScenario } from '../../support/scenarios/run-scenario.ts';
import { loadScenario, scenarioNames } from '../../support/scenarios/scenario.ts';

/** Every twentieth on every run; all of them for the soak (`npm run soak -- scenarios`), or those named in BANYAN_SCENARIOS. */
const names = await scenarioNames();
const asked = process.env.BANYAN_SCENARIOS;
const chosen = names.filter((name, index) =>
  asked === undefined ? index % 20 === 0 : asked === 'all' || asked.split(',').includes(name),
);
const scenarios = await Promise.all(chosen.map(loadScenario));

describe.each(scenarios)('scenario $name', (scenario) => {
  const { from = engines, to = engines } = scenario.expectation;
  const pairs = from.flatMap((one) => to.map((other) => ({ one, other })));
  const run = async (one: Engine, other: Engine, tuning?: Partial<MoveTuning>) => {
    const [here, there] = [engineLane(one), engineLane(other)];
    // The summary says which engine was left out.
    if (here === null || there === null) return;
    await runScenario(scenario, here, there, tuning);
  };
  it.each(pairs)('$one to $other', ({ one, other }) => run(one, other));

  if (!scenario.schema.some((sql) => /ON (DELETE|UPDATE) (CASCADE|SET )/i.test(sql))) return;
  it.each(pairs)('$one to $other, its cascades through a queue', ({ one, other }) =>
    run(one, other, { cascadeWaysMax: 0 }),
  );
});
