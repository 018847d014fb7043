import { describe, expect, test } from 'vitest';
import { idlFaultsOf, idlWarningsOf } from '../../support/rpc/idl-faults.ts';
import { officialRefuses, officialTakes, officialTakesTooMuch } from '../../support/rpc/official-grammar.ts';

describe('as Apache Thrift’s own compiler has it', () => {
  test.each(officialTakes)('%j is taken', async (text) => {
    expect(await idlFaultsOf({ 'a.thrift': text })).toEqual([]);
  });

  test.each(officialRefuses)('%j is refused, or warned of', async (text) => {
    const faults = await idlFaultsOf({ 'a.thrift': text });
    expect(faults.length > 0 ? faults : await idlWarningsOf(text)).not.toEqual([]);
  });

  test.each(officialTakesTooMuch)('%j is refused all the same', async (text) => {
    expect(await idlFaultsOf({ 'a.thrift': text })).not.toEqual([]);
  });
});
