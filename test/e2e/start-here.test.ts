import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { codeBlocks } from '../support/docs/code-blocks.ts';
import { runCommand } from '../support/run-command.ts';
import { startTestStack } from '../support/stack.ts';

const lines = codeBlocks()
  .filter(({ file, language }) => file === 'docs/start-here.md' && language === 'sh')
  .flatMap(({ code }) => code.trim().split('\n'));

/** As a shell has them. */
const wordsOf = (line: string) =>
  [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain!,
  );

test('every line of the first page does what it says, in its order', async () => {
  // What the page begins with: the stack, on ports of this test's own.
  const [install, begin, ...rest] = lines;
  expect([install, begin]).toEqual(['npm ci', 'npm run stack -- --info /tmp/stack.json &']);
  expect(rest.length).toBeGreaterThan(15);
  await using stack = await startTestStack('start-here', '--rows', '300');
  const [router = ''] = (await stack.info()).router;
  const said: string[] = [];
  for (const line of rest) {
    if (line.startsWith('npx banyan ')) {
      const words = wordsOf(line).slice(2);
      const run = async () => {
        const { code, stdout, stderr } = await runCommand(stack.place, ...words);
        expect(code, `${line}: ${stdout}${stderr}`).toBe(0);
        said.push(stdout);
      };
      // A person is not as fast: a change is on the other side some milliseconds after its answer.
      await (words[0] === 'row' ? vi.waitFor(run, 10_000) : run());
    } else {
      expect(line).toMatch(/^curl -s /);
      const here = line.replace('curl -s', 'curl -sf').replace('http://127.0.0.1:7400', router);
      const { stdout } = await promisify(execFile)('sh', ['-c', here]);
      expect(JSON.parse(stdout)).toMatchObject({ id: 42 });
    }
  }
  const all = said.join('\n');
  // What the page promises of its commands.
  for (const what of [/canary +10 %/, /writes held/, /written to the service/, /rollback/])
    expect(all).toMatch(what);
});
