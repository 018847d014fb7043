import { BanyanError, type Fault } from '../../common/errors.ts';

/** What is thrown for an IDL with faults: all of them at once. */
export function invalidIdl(file: string, list: readonly Fault[]): BanyanError {
  const lines = list.map((fault) => `  ${fault.at}: ${fault.what}. ${fault.fix}`);
  const count = list.length === 1 ? 'a fault' : `${list.length} faults`;
  return new BanyanError('BANYAN_IDL_INVALID', `${file} has ${count}:\n${lines.join('\n')}`, {
    fix: 'Correct the IDL at the places named.',
    faults: list,
  });
}
