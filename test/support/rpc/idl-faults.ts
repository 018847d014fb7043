import { loadIdl } from 'banyan/rpc';
import { expect } from 'vitest';
import { BanyanError } from '../../../common/errors.ts';
import { idlFiles } from './docs-idl.ts';

/** What is wrong with `a.thrift`: `file:line:column CODE what`, the codes without their `BANYAN_IDL_`. */
export async function idlFaultsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  await using folder = await idlFiles(files);
  const root = folder.path('a.thrift');
  try {
    await loadIdl(root);
    return [];
  } catch (error) {
    if (!(error instanceof BanyanError)) throw error;
    expect(error.code).toBe('BANYAN_IDL_INVALID');
    const where = root.replace('a.thrift', '');
    return error.faults.map((fault) => {
      expect(fault.fix).not.toBe('');
      return `${fault.at!.replaceAll(where, '')} ${fault.code.replace('BANYAN_IDL_', '')} ${fault.what.replaceAll(where, '')}`;
    });
  }
}

/** What `a.thrift` is warned of, written alike. */
export async function idlWarningsOf(text: string): Promise<string[]> {
  await using folder = await idlFiles({ 'a.thrift': text });
  const file = folder.path('a.thrift');
  const { warnings } = await loadIdl(file);
  return warnings.map(
    (one) => `${one.at!.replace(`${file}:`, '')} ${one.code.replace('BANYAN_IDL_', '')} ${one.what}`,
  );
}

/** An IDL of one method; it stands on line 3 from column 3 on, behind one line of `structs`. */
export function serviceOf(method: string, structs = ''): Record<string, string> {
  return { 'a.thrift': `${structs}\nservice S {\n  ${method}\n}\n` };
}
