import { access } from 'node:fs/promises';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { loadSoak } from '../../../scripts/soak/runner/find-soaks.ts';
import { renderSoak } from '../../../scripts/soak/runner/render-soak.ts';
import { runSoak } from '../../../scripts/soak/runner/run-soak.ts';
import type { Soak } from '../../../scripts/soak/soak.ts';
import { paintFor } from '../../../scripts/terminal/paint.ts';

const run = (soak: Soak) =>
  runSoak({ soak, quick: true, seed: 7, signal: new AbortController().signal, log: () => undefined });

describe('the soak runner', () => {
  it('reports figures and failures, with the seed that repeats the run', async () => {
    const result = await run({
      name: 'tries',
      summary: '',
      run: async ({ seed }) => ({ facts: { rounds: seed * 1000 }, failures: ['one row is lost'] }),
    });
    expect(result).toMatchObject({ soak: 'tries', seed: 7, facts: { rounds: 7000 } });
    const text = renderSoak(result, paintFor(new PassThrough()));
    expect(text).toContain('7,000');
    expect(text).toContain('✗ one row is lost');
    expect(text).toContain('npm run soak -- tries --seed 7');
  });

  it('stops what a failed run started, and removes its folder', async () => {
    const stopped: string[] = [];
    let folder = '';
    const soak: Soak = {
      name: 'throws',
      summary: '',
      async run(context) {
        folder = context.folder;
        await access(folder);
        context.defer(() => stopped.push('first'));
        context.defer(() => stopped.push('second'));
        throw new Error('no server');
      },
    };
    await expect(run(soak)).rejects.toThrow('no server');
    expect(stopped).toEqual(['second', 'first']);
    await expect(access(folder)).rejects.toThrow('ENOENT');
  });

  it('names the soaks when it is asked for one that does not exist', async () => {
    await expect(loadSoak('main')).rejects.toMatchObject({ code: 'BANYAN_SOAK_UNKNOWN' });
  });
});
