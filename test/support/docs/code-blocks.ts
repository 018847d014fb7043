import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

/** A fenced block of a page of the documentation. */
export interface CodeBlock {
  /** `docs/rpc.md`. */
  readonly file: string;
  /** Of its fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
}

/** Every block that names its language, page by page in their order. */
export function codeBlocks(): CodeBlock[] {
  const files = globSync(['README.md', 'docs/*.md', 'docs/errors/*.md'], { cwd: root }).sort();
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].map(
      ({ index, 1: language, 2: code }): CodeBlock => ({
        ...{ file, language: language!, code: code! },
        line: text.slice(0, index).split('\n').length,
      }),
    );
  });
}
