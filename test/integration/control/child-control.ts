import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { BanyanConfig } from '../../../control/config/index.ts';
import { AdminClient } from './admin-client.ts';
import { until } from './fixtures.ts';

const program = fileURLToPath(new URL('./control-process.ts', import.meta.url));

/** A control process of its own, to be killed. */
export interface ChildControl {
  readonly admin: AdminClient;
  /** Resolves when it stands at its stop point. */
  readonly reached: Promise<void>;
  kill(): Promise<void>;
  /** Wakes a frozen one. */
  wake(): void;
}

export async function startChildControl(
  config: BanyanConfig,
  stopAt?: string,
  how: 'stand' | 'freeze' = 'stand',
): Promise<ChildControl> {
  const file = join(dirname(config.control.tokenFile), 'config.json');
  await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, [program, file, ...(stopAt === undefined ? [] : [stopAt, how])], {
    // Its stdin ends with this process: then it ends too, also when a test failed halfway.
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (data) => {
    log += data;
  });
  const exited = once(child, 'exit');
  const ready = Promise.withResolvers<string>();
  const reached = Promise.withResolvers<void>();
  reached.promise.catch(() => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line);
    if (said.ready) ready.resolve(said.url);
    if (said.reached) reached.resolve();
  });
  exited.then(([code, signal]) => {
    const ended = new Error(`control ended (${code ?? signal}): ${log}`);
    ready.reject(ended);
    reached.reject(ended);
  });
  const admin = await AdminClient.open(await ready.promise, config.control.tokenFile);
  return {
    admin,
    reached: reached.promise,
    wake: () => child.kill('SIGCONT'),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Kills it at its stop point, to which the command has to bring it. `label`: what to say where it does not. */
export async function killOnTheWay(
  control: ChildControl,
  command: Promise<unknown>,
  label: string,
): Promise<void> {
  const refused = command.then(
    () => Promise.reject(new Error(`${label} was not reached`)),
    // The kill ends the answer; anything else is why the point is never reached.
    (error) => (error instanceof TypeError ? new Promise<never>(() => undefined) : Promise.reject(error)),
  );
  await Promise.race([control.reached, refused]);
  await control.kill();
}

/** Resolves when no handover and no command of any feature is under way. */
export async function settled({ admin }: ChildControl): Promise<void> {
  await until(async () => {
    const { features } = await admin.get('/v1/status');
    for (const { failing } of features) expect(failing).toBeNull();
    return features.every(
      (one: { handover: unknown; running: unknown }) => one.handover === null && one.running === null,
    );
  });
}
