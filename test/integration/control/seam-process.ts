import { createInterface } from 'node:readline';
import mysql from 'mysql2/promise';
import { Registry } from 'prom-client';
import { openSeams, seam } from '../../../control/seam/index.ts';

/**
 * A job of a monolith with a seam, to be frozen: `node seam-process.ts JSON`. A line `CODE` on stdin makes a call that writes this code,
 * `once CODE` one that is not made again; it says when its side is decided, and writes when `go` comes.
 */
const { state, sides, leaseMs } = JSON.parse(process.argv[2]!);
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const pools = { legacy: mysql.createPool(sides.legacy), service: mysql.createPool(sides.service) };
const metrics = new Registry();
let go: () => void = () => undefined;

const link = await openSeams({
  ...{ state, leaseMs, metrics },
  points: {
    async reach(point, facts) {
      if (point !== 'seam:decided') return;
      say({ decided: facts?.side });
      await new Promise<void>((resolve) => {
        go = resolve;
      });
    },
  },
});
const insert = (side: 'legacy' | 'service') => (code: string) =>
  pools[side].query('INSERT INTO parcels (code, weight, note) VALUES (?, 1, ?)', [code, side]);
const options = { feature: 'parcels', legacy: insert('legacy'), service: insert('service') };
const add = seam('parcels.add', options, link);
const addOnce = seam('parcels.addOnce', { ...options, retry: false }, link);

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'go') return go();
    const once = line.startsWith('once ');
    const call = once ? addOnce(line.slice(5)) : add(line);
    call.then(
      () => say({ done: line }),
      (error) => say({ failed: error.code ?? error.message }),
    );
  })
  .on('close', () => process.exit(0));
say({ replica: link.replica });
