import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { hasEnded, processIdentity } from '../../../control/store/process-identity.ts';

const program = `import('${new URL('../../../control/store/process-identity.ts', import.meta.url)}').then((m) => {
  console.log(m.processIdentity());
  setInterval(() => {}, 1000);
})`;

test.runIf(process.platform === 'linux')('tells a process that has ended from one that lives', async () => {
  expect(hasEnded(processIdentity())).toBe(false);
  expect(processIdentity()).not.toBe(processIdentity());
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  using _ = { [Symbol.dispose]: () => void child.kill('SIGKILL') };
  const [line] = await once(child.stdout, 'data');
  const identity = String(line).trim();
  expect(hasEnded(identity)).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(hasEnded(identity)).toBe(true);
});

test('concludes nothing about what it cannot see', () => {
  const [host, , started, scope, instance] = processIdentity().split('/');
  expect(hasEnded(`${host}/999999999/${started}/another-boot:1/${instance}`)).toBe(false);
  expect(hasEnded('elsewhere/12/ab')).toBe(false);
  expect(hasEnded('')).toBe(false);
  if (process.platform === 'linux') {
    // The same pid, begun at another moment: a pid that is used again.
    expect(hasEnded(`${host}/${process.pid}/1/${scope}/${instance}`)).toBe(true);
  }
});
