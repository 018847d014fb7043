import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SoakOutcome } from '../soak.ts';
import { gatewayFaults, officialVerdict, ownVerdict } from './verdicts.ts';

const services = fileURLToPath(new URL('services', import.meta.url));

/** IDLs with HTTP annotations as teams write them, of several tools: each is to be served, and what the official compiler refuses warned of. */
export async function compareServices(compiler: string, folder: string): Promise<SoakOutcome> {
  const names = (await readdir(services)).filter((name) => name.endsWith('.thrift'));
  const failures: string[] = [];
  let served = 0;
  let officiallyTaken = 0;
  for (const name of names.toSorted()) {
    const file = join(services, name);
    const faults = await gatewayFaults(file);
    if (faults.length === 0) served += 1;
    else failures.push(`${name} is not served: ${faults.join('; ')}`);
    const official = await officialVerdict(compiler, file, folder);
    if (official.takes) officiallyTaken += 1;
    else if (faults.length === 0 && (await ownVerdict(file)).said.length === 0)
      failures.push(
        `${name} is taken without a warning, and refused by the official compiler: ${official.said.join('; ')}`,
      );
  }
  return { facts: { services: names.length, served, officiallyTaken }, failures };
}
