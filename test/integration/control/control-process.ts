import { readFileSync } from 'node:fs';
import { startControl } from '../../../control/index.ts';

/** A control process for tests: `node control-process.ts CONFIG.json [POINT]` stands still at POINT until it is killed. */
const [configFile, stopAt] = process.argv.slice(2);
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

const control = await startControl(JSON.parse(readFileSync(configFile!, 'utf8')), {
  logger: {
    info: () => undefined,
    warn: (facts, message) =>
      process.stderr.write(`${message} ${JSON.stringify(facts)} ${'err' in facts ? facts.err : ''}\n`),
  },
  points: {
    async reach(point) {
      if (point !== stopAt) return;
      say({ reached: point });
      await new Promise(() => undefined);
    },
  },
});
say({ ready: true, url: control.url });
process.once('SIGTERM', () => control.stop().then(() => process.exit(0)));
