import { BanyanError, type Fault } from '../../common/errors.ts';

/** One fault in the config. `path` is the way to it from the config's root. */
export function configFault(path: readonly PropertyKey[], what: string, fix: string): Fault {
  const at = printPath(path);
  return { code: 'BANYAN_CONFIG_INVALID', what, fix, ...(at === '' ? {} : { at }) };
}

/** All faults as the one error that a command prints. */
export function configError(file: string, faults: readonly Fault[]): BanyanError {
  const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
  const lines = faults
    .map(({ at, what, fix }) => `  - ${at === undefined ? '' : `${at} `}${what}\n    ${fix}`)
    .join('\n');
  return new BanyanError('BANYAN_CONFIG_INVALID', `${file} has ${count}:\n${lines}`, {
    fix: 'Correct every one of them and run the command again; nothing was changed.',
    faults,
  });
}

/** `['features', 'product', 'tables', 0]` → `features.product.tables[0]`. */
export function printPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[A-Za-z_$][\w$]*$/.test(String(part))) text += text === '' ? String(part) : `.${String(part)}`;
    else text += `[${JSON.stringify(String(part))}]`;
  }
  return text;
}
