import { once } from 'node:events';
import { hostname } from 'node:os';
import { copyOffered } from '../../../mover/index.ts';
import { TestPoints } from '../../support/move-fixture.ts';

/** A mover that copies what another process offers. It says when it has reached the given point, and goes on when it is told to. */
const [spec, moment] = [JSON.parse(process.argv[2] ?? '{}'), process.argv[3] ?? ''];
const points = new TestPoints().once(moment, async () => {
  process.send?.(moment);
  await once(process, 'message');
});
const over = new AbortController();
process.once('SIGTERM', () => over.abort());
await copyOffered({
  ...{ spec, points, signal: over.signal, logger: { info() {}, warn() {} } },
  mover: {
    ...{ mover: `mover-${process.pid}`, host: hostname(), pid: process.pid },
    ...{ workers: 1, instead: true },
  },
  tuning: { moverLeaseMs: 1_500 },
  onChunk: ({ rows }) => process.send?.(`landed ${rows}`),
});
process.exit();
