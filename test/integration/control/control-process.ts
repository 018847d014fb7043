import { readFileSync } from 'node:fs';
import { startControl } from '../../../control/index.ts';

/**
 * A control process for tests: `node control-process.ts CONFIG.json [POINT [freeze]]`. At POINT it stands still until it
 * is killed; or it freezes itself, as a stopped virtual machine would, and goes on when it is woken.
 */
const [configFile, stopAt, how] = process.argv.slice(2);
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

process.stdin.on('end', () => process.exit(1)).resume();

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
      if (how !== 'freeze') await new Promise(() => undefined);
      process.kill(process.pid, 'SIGSTOP');
    },
  },
});
say({ ready: true, url: control.url });
process.once('SIGTERM', () => control.stop().then(() => process.exit(0)));
