import { createInterface } from 'node:readline';
import mysql from 'mysql2/promise';
import { Registry } from 'prom-client';
import { openSeams, seam } from '../../../control/seam/index.ts';
import { createClient, loadIdl } from '../../../rpc/index.ts';

/**
 * A job of a monolith with a seam, to be frozen: `node seam-process.ts JSON`. A line `CODE` on stdin makes a call that writes this code,
 * `once CODE` one that is not made again, `asked CODE` one that asks a Thrift service; it says when its side is decided, and writes when `go` comes.
 */
const { state, sides, leaseMs, idl, address } = JSON.parse(process.argv[2]!);
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
const client = createClient({ idl: await loadIdl(idl), service: 'Parcels', addresses: [address] });
const addAsked = seam(
  'parcels.addAsked',
  { ...options, service: (code: string) => client.call('add', [code]) },
  link,
);
const addOnce = seam('parcels.addOnce', { ...options, retry: false }, link);

createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line === 'go') return go();
    const [how, code = how] = line.split(' ') as [string, string?];
    const call = how === 'once' ? addOnce(code) : how === 'asked' ? addAsked(code) : add(code);
    call.then(
      () => say({ done: line }),
      (error) => say({ failed: error.code ?? error.message }),
    );
  })
  .on('close', () => process.exit(0));
say({ replica: link.replica });
