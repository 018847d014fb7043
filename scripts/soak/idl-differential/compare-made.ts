import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBy } from '../../runs/random-by.ts';
import type { SoakOutcome } from '../soak.ts';
import { isException } from './exceptions.ts';
import { mutateIdl } from './mutate-idl.ts';
import { randomIdl } from './random-idl.ts';
import { officialVerdict, ownVerdict } from './verdicts.ts';

export interface Comparing {
  readonly compiler: string;
  readonly folder: string;
  readonly seed: number;
  /** How many IDLs; a third is as it was made, the others are mutated. */
  readonly count: number;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** What neither says of the other's verdicts: both take an IDL, or both have something against it. */
export async function compareMade({
  compiler,
  folder,
  seed,
  count,
  signal,
  log,
}: Comparing): Promise<SoakOutcome> {
  const random = randomBy(seed);
  const facts = { compared: 0, bothTake: 0, bothRefuse: 0, takenWithWarning: 0, refusedAllTheSame: 0 };
  const failures: string[] = [];
  const file = join(folder, 'made.thrift');
  const out = join(folder, 'generated');
  await mkdir(out, { recursive: true });
  for (let i = 0; i < count; i++) {
    signal.throwIfAborted();
    const made = randomIdl(random);
    const text = i % 3 === 0 ? made : mutateIdl(made, random);
    await writeFile(file, text);
    const [official, own] = await Promise.all([officialVerdict(compiler, file, out), ownVerdict(file)]);
    facts.compared += 1;
    if (official.takes && own.takes) facts.bothTake += 1;
    else if (!official.takes && !own.takes) facts.bothRefuse += 1;
    else if (own.takes && own.said.length > 0) facts.takenWithWarning += 1;
    else if (!own.takes && isException(own.said)) facts.refusedAllTheSame += 1;
    else {
      const kept = join(folder, `made-${i}.thrift`);
      await writeFile(kept, text);
      const says = own.takes
        ? `it is taken without a warning, and the official compiler says: ${official.said.join('; ')}`
        : `it is refused, and the official compiler takes it: ${own.said.join('; ')}`;
      failures.push(`${kept}: ${says}`);
      log(`✗ ${failures.at(-1)}\n${text}`);
    }
  }
  return { facts, failures };
}
