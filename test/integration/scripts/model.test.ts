import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { quickCases } from '../../../scripts/model/cases.ts';
import { checkCase } from '../../../scripts/model/check-case.ts';
import { findModelTools } from '../../../scripts/model/find-spin.ts';

it('the model of the handover holds no error, and one is found where the drain is missing', async () => {
  const { signal } = new AbortController();
  const tools = await findModelTools(signal);
  const folder = await mkdtemp(join(tmpdir(), 'banyan-model-'));
  try {
    for (const modelCase of quickCases) {
      expect(await checkCase(modelCase, tools, folder, signal)).toMatchObject({ asExpected: true });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
