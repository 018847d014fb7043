import { describeError, type Fault } from '../../common/errors.ts';
import type { Paint } from './paint.ts';
import { wrapLines } from './wrap-lines.ts';

/** An error as people read it: what happened, every fault with its fix, what to do, the code to look up. */
export function renderError(
  error: unknown,
  paint: Paint,
  options: { readonly stack?: boolean } = {},
): string {
  const { code, message, fix, faults } = describeError(error);
  // Where the faults are listed below, the message's own list of them would say everything twice.
  const headline = faults.length > 0 ? (message.split('\n')[0] ?? message) : message;
  const lines = [`${paint.bad('error')} ${headline}`];
  for (const fault of faults) lines.push(...renderFault(fault, paint));
  if (fix !== '') lines.push(`  ${paint.strong('fix:')}  ${fix}`);
  lines.push(paint.faint(`  code: ${code} (docs/errors.md)`));
  if ((options.stack === true || code === 'BANYAN_UNEXPECTED') && error instanceof Error && error.stack) {
    lines.push(paint.faint(error.stack.split('\n').slice(1).join('\n')));
  }
  return wrapLines(lines.join('\n'), paint.columns);
}

/** One fault as an item of a list. */
export function renderFault(fault: Fault, paint: Paint): string[] {
  const where = fault.at === undefined ? '' : `${paint.accent(fault.at)}  `;
  return [
    `  ${paint.bad('✗')} ${where}${fault.what} ${paint.faint(`[${fault.code}]`)}`,
    `      ${paint.strong('fix:')} ${fault.fix}`,
  ];
}
