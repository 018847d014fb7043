import { parseArgs } from 'node:util';
import { type FaceName, faceNames } from './apps/faces.ts';
import { runShop } from './run-shop.ts';

const usage = `Usage: node legacy/main.ts [--face NAME]...
Serves the shop: all faces on one port, or those that are named (${faceNames.join(', ')}).
The port is PORT (7401), the database the one that SHOP_DB_HOST, _PORT, _USER, _PASSWORD and _NAME point at.
`;

try {
  const { values } = parseArgs({
    options: { face: { type: 'string', multiple: true }, help: { type: 'boolean' } },
  });
  if (values.help) process.stdout.write(usage);
  else await runShop(values.face === undefined ? faceNames : values.face.map(faceNamed));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function faceNamed(name: string): FaceName {
  const found = faceNames.find((face) => face === name);
  if (found === undefined) throw new Error(`--face ${name} is no face of the shop.\n${usage}`);
  return found;
}
