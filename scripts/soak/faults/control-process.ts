import { createInterface } from 'node:readline';
import { loadConfig, startControl } from '../../../control/index.ts';

/**
 * A control process that can be stopped at any named point: `arm POINT` on stdin makes it stand still there once, which it
 * says by `{"reached":POINT}`, until it reads `go`.
 */
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
let armed: string | null = null;
let go: (() => void) | null = null;

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line.startsWith('arm ')) armed = line.slice('arm '.length);
    else if (line === 'disarm') armed = null;
    else if (line === 'go') go?.();
  })
  // Its starter has ended.
  .once('close', () => process.exit(1));

const log = (level: string) => (facts: object, message: string) => {
  const { err, ...rest } = facts as { readonly err?: unknown };
  process.stderr.write(
    `${new Date().toISOString()} ${level} ${message} ${JSON.stringify(rest)} ${err ?? ''}\n`,
  );
};
const control = await startControl(await loadConfig(process.argv[2]), {
  logger: { info: log('info'), warn: log('warn') },
  points: {
    reach(point) {
      if (point !== armed) return undefined;
      armed = null;
      return new Promise<void>((resolve) => {
        go = resolve;
        say({ reached: point });
      });
    },
  },
});
say({ ready: true, url: control.url });
