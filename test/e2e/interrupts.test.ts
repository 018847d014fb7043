import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { leftovers, processesIn, type Started, stackPlace, start, startTestStack } from '../support/stack.ts';

/** Ctrl-C goes to the whole foreground group; the demo's own processes are in groups of their own. */
const ctrlC = (program: Started) => process.kill(-program.pid, 'SIGINT');

async function says(program: Started, text: string): Promise<void> {
  let over = false;
  program.ended.then(() => {
    over = true;
  });
  while (!program.said().includes(text)) {
    if (over) throw new Error(`ended before it said "${text}":\n${program.said()}`);
    await wait(10);
  }
}

describe('Ctrl-C leaves no process behind', () => {
  it.each([
    ['at once', '', '2000'],
    ['while the servers start', 'banyan demo', '2000'],
    ['while rows are written', '✓ schemas', '60000'],
    ['in the midst of the story', '✓ copy', '2000'],
  ])('%s', async (_moment, text, rows) => {
    await using place = await stackPlace('interrupt');
    const demo = start(place, ['scripts/demo/main.ts', '--rows', rows, '--seconds', '20', '--exit']);
    if (text !== '') await says(demo, text);
    ctrlC(demo);
    const { code, signal } = await demo.ended;
    // Before the demo has its hands on the signal there is nothing to stop: then the system ends it.
    if (text === '' && signal === 'SIGINT') expect(code).toBeNull();
    else expect(code).toBe(130);
    expect(await leftovers(place.dataDir)).toEqual([]);
  });

  it('and neither does kill -9 of the demo itself', async () => {
    await using place = await stackPlace('killed');
    const demo = start(place, ['scripts/demo/main.ts', '--rows', '2000', '--seconds', '30', '--exit']);
    await says(demo, '✓ check');
    expect(processesIn(place.dataDir).length).toBeGreaterThanOrEqual(8);
    demo.kill('SIGKILL');
    await demo.ended;
    expect(await leftovers(place.dataDir)).toEqual([]);
  });
});

describe('npm run stack -- --no-restart', () => {
  it('leaves a process that dies dead, says so, and still stops cleanly', async () => {
    await using stack = await startTestStack('no-restart', '--rows', '10', '--no-restart');
    const before = (await stack.info()).processes;
    process.kill(before.product, 'SIGKILL');
    await says(stack.program, `product (${before.product}) ended: SIGKILL`);
    expect((await stack.info()).processes).toEqual(before);
    expect(processesIn(stack.place.dataDir).some((one) => one.command.includes('extracted/product'))).toBe(
      false,
    );
    stack.program.kill('SIGINT');
    expect((await stack.program.ended).code).toBe(0);
    expect(await leftovers(stack.place.dataDir)).toEqual([]);
  });
});
