import { expect, test } from 'vitest';
import { type LookUp, type ResolvedAddress, ResolvedAddresses } from '../../../common/resolved-addresses.ts';

/** What each look-up says; the last answer stays. */
function answers(...all: (readonly string[] | Error)[]): LookUp {
  return async () => {
    const answer = all.length > 1 ? all.shift()! : all[0]!;
    if (answer instanceof Error) throw answer;
    return answer;
  };
}

async function changesOf(lookUp: LookUp, count: number): Promise<string[][]> {
  const changes: string[][] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const onChange = (now: readonly ResolvedAddress[]): void => {
    changes.push(now.map(({ host, port, name }) => `${host}:${port} ${name}`));
    if (changes.length === count) resolve();
  };
  const addresses = [
    { host: 'service.example', port: 1 },
    { host: '10.0.0.9', port: 2 },
  ];
  const resolved = new ResolvedAddresses({ addresses, everyMs: 1, onChange, lookUp });
  await promise;
  resolved.stop();
  return changes;
}

test('a name counts as as many addresses as it stands for, now and later', async () => {
  const lookUp = answers(
    ['10.0.0.1', '10.0.0.2'],
    ['10.0.0.2', '10.0.0.1'],
    new Error('away'),
    [],
    ['fd00::3'],
  );
  expect(await changesOf(lookUp, 2)).toEqual([
    ['10.0.0.1:1 service.example', '10.0.0.2:1 service.example', '10.0.0.9:2 10.0.0.9'],
    ['fd00::3:1 service.example', '10.0.0.9:2 10.0.0.9'],
  ]);
});

test('an address that stands there twice counts once', async () => {
  expect(await changesOf(answers(['10.0.0.1', '10.0.0.1']), 1)).toEqual([
    ['10.0.0.1:1 service.example', '10.0.0.9:2 10.0.0.9'],
  ]);
});
