import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { partNames } from '../../../scripts/stack/parts/index.ts';
import { repositoryRoot, type StackOptions, stackSettings } from '../../../scripts/stack/stack-settings.ts';

const options: StackOptions = { engine: 'mariadb', rows: 10, routers: 1, restart: true };

it('a stack tells what a command in another shell lacks, and no password', async () => {
  expect((await stackSettings(options, {})).unusual).toEqual({});
  const same = { BANYAN_ROUTER_PORT: '7400', BANYAN_DATA_DIR: resolve(repositoryRoot, '.banyan') };
  expect((await stackSettings(options, same)).unusual).toEqual({});
  const env = { BANYAN_ROUTER_PORT: '8400', BANYAN_DB_PASSWORD: 'secret', BANYAN_SHOPS_DB_PORT: '8433' };
  const { unusual, environment } = await stackSettings({ ...options, parts: partNames, faces: true }, env);
  expect(unusual).toEqual({
    ...{ BANYAN_PARTS: partNames.join(','), BANYAN_ROUTER_PORT: '8400', BANYAN_SHOPS_DB_PORT: '8433' },
    // What stands in for AWS takes any credentials, but needs some.
    ...{ AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local', AWS_REGION: 'ap-northeast-2' },
  });
  // With the shell's own password they read the config that the stack's processes read.
  const pasted = await stackSettings(
    { ...options, parts: partNames, faces: true },
    { ...unusual, BANYAN_DB_PASSWORD: 'secret' },
  );
  expect(pasted.environment).toEqual(environment);
});
