import { helpCopy, loadConfig } from '../../../control/index.ts';
import { say, standingPoints, stderrLogger } from './standing-points.ts';

/** A mover of its own, which copies all that control offers, and can be stopped at any named point. */
const config = await loadConfig(process.argv[2]);
say({ ready: true });
await helpCopy({
  ...{ config, features: Object.keys(config.features), workers: 2, instead: true },
  ...{ signal: new AbortController().signal, logger: stderrLogger(), points: standingPoints() },
});
