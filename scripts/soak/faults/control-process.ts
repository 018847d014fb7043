import { loadConfig, startControl } from '../../../control/index.ts';
import { say, standingPoints, stderrLogger } from './standing-points.ts';

/** A control process that can be stopped at any named point. */
const control = await startControl(await loadConfig(process.argv[2]), {
  logger: stderrLogger(),
  points: standingPoints(),
});
say({ ready: true, url: control.url });
