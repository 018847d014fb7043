/** `npm run docs:cli`: writes docs/cli.md anew. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cliPage } from './cli-page.ts';

const file = join(import.meta.dirname, '../../docs/cli.md');
await writeFile(file, cliPage(await readFile(file, 'utf8')));
