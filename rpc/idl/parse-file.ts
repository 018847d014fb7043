import type { FaultList } from './fault-list.ts';
import type { Place } from './model.ts';
import { Parser } from './parser.ts';
import type { StatementSyntax } from './syntax.ts';
import { readTokens } from './tokens.ts';

export interface ParsedFile {
  readonly file: string;
  readonly statements: readonly StatementSyntax[];
}

/** Parses one file; syntax faults go to `faults`, what other compilers refuse to `warnings`, and what could be parsed is returned all the same. */
export function parseFile(file: string, source: string, faults: FaultList, warnings: FaultList): ParsedFile {
  const starts = lineStarts(source);
  const placeAt = (offset: number): Place => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { file, line: low + 1, column: offset - starts[low]! + 1 };
  };
  const report = (offset: number, what: string, fix: string): void =>
    faults.add('BANYAN_IDL_SYNTAX', placeAt(offset), what, fix);
  const warn = (offset: number, what: string, fix: string): void =>
    warnings.add('BANYAN_IDL_UNPORTABLE', placeAt(offset), what, fix);
  const tokens = readTokens(source, report, warn);
  return { file, statements: new Parser(tokens, placeAt, report).file() };
}

function lineStarts(source: string): number[] {
  const starts = [0];
  for (let i = source.indexOf('\n'); i !== -1; i = source.indexOf('\n', i + 1)) starts.push(i + 1);
  return starts;
}
