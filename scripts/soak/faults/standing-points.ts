import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import type { StopPoints } from '../../../common/stop-points.ts';

export function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/**
 * Stop points of this process that a test may stand at: `arm POINT` on stdin makes the process stand still there once, which it says
 * by `{"reached":POINT}`, until it reads `go`. It ends with its starter.
 */
export function standingPoints(): StopPoints {
  let armed: string | null = null;
  let go: (() => void) | null = null;
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      if (line.startsWith('arm ')) armed = line.slice('arm '.length);
      else if (line === 'disarm') armed = null;
      else if (line === 'go') go?.();
    })
    .once('close', () => process.exit(1));
  return {
    reach(point) {
      if (armed !== null && point === beforeTaken(armed)) return wait(tooLongMs);
      if (point !== armed) return undefined;
      armed = null;
      return new Promise<void>((resolve) => {
        go = resolve;
        say({ reached: point });
      });
    },
  };
}

/** A handover that is to be taken back, for its hold may last 100 ms, would be decided in time where the machine is quick. */
const tooLongMs = 150;

/** Where a handover waits too long that is to come past this point on its way back; null: it is not taken back there. */
function beforeTaken(point: string): string | null {
  const [direction, step = ''] = point.split(':');
  return ['after-give-up', 'after-reopen'].includes(step) ? `${direction}:after-hold` : null;
}

/** Lines on stderr, which the soak keeps the last of. */
export function stderrLogger() {
  const log = (level: string) => (facts: object, message: string) => {
    const { err, ...rest } = facts as { readonly err?: unknown };
    process.stderr.write(
      `${new Date().toISOString()} ${level} ${message} ${JSON.stringify(rest)} ${err ?? ''}\n`,
    );
  };
  return { info: log('info'), warn: log('warn') };
}
