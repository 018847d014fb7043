import { expect, test } from 'vitest';
import { ctrlC, ctrlD, onTerminal } from '../../support/on-terminal.ts';

/** It is asked for before anything else is: nothing need run. */
const asks = ['finish', 'product', '--why', 'test'];

test('a command that asks first: everything but a yes begins nothing, and leaves the terminal as it was', async () => {
  const [no, interrupted, ended] = await Promise.all([
    onTerminal(asks, [[/\[y\/N\]/, 'no\r']]),
    onTerminal(asks, [[/\[y\/N\]/, ctrlC]]),
    onTerminal(asks, [[/\[y\/N\]/, ctrlD]]),
  ]);
  expect(no.written).toContain('BANYAN_NOT_CONFIRMED');
  expect(no.code).toBe(1);
  expect(interrupted.written).toContain('BANYAN_INTERRUPTED');
  expect(interrupted.code).toBe(130);
  expect(ended.written).toContain('BANYAN_NOT_CONFIRMED');
  expect(ended.code).toBe(1);
});

test('with --yes nobody is asked, and messages are broken between words', async () => {
  const { code, written } = await onTerminal([...asks, '--yes'], [], {
    columns: 40,
    env: { ...process.env, NO_COLOR: '1', BANYAN_CONTROL_PORT: '1' },
  });
  expect(code).toBe(3);
  const tooLong = written.split('\r\n').filter((line) => line.length > 40);
  expect(tooLong.filter((line) => /\S\s+\S/.test(line.replace(/^error /, '')))).toEqual([]); // Only a path of this machine's may be longer
  expect(written.split('\r\n').length).toBeGreaterThan(6);
  expect(written).not.toContain('[y/N]');
});
