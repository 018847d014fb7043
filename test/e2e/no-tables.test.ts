import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { describeOnEngine } from '../support/databases.ts';
import { startPrograms, twoDatabases } from '../support/programs.ts';
import { jsonOf } from '../support/stack.ts';

/** A side that says who it is. `GET …/slow` and `POST …/slow` are answered when the test says so. */
async function startSide(name: string) {
  const slow: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (request.url?.endsWith('/slow')) slow.push(response);
    else response.end(name);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    slow,
    answerSlow: () => {
      for (const response of slow.splice(0)) response.end(name);
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

describeOnEngine('mariadb', 'features that have routes and no tables', (lane) => {
  it('flip their routes by cutover and rollback, one by one or together, and are frozen and aborted as others are', async () => {
    await using stack = new AsyncDisposableStack();
    const { schema, databases } = stack.use(await twoDatabases(lane, 'site', 'unused'));
    const legacy = stack.use(await startSide('legacy'));
    const service = stack.use(await startSide('service'));
    const routesOf = (name: string) => ({
      [`GET /${name}`]: {},
      [`POST /${name}`]: {},
      [`POST /${name}/slow`]: {},
    });
    const feature = (name: string) => ({
      service: { kind: 'http' as const, addresses: [service.url] },
      routes: routesOf(name),
    });
    const programs = stack.use(
      await startPrograms(
        'no-tables',
        {
          databases,
          state: { database: 'legacy', schema },
          legacy: { addresses: [legacy.url], database: 'legacy' },
          features: { search: feature('search'), hints: feature('hints') },
        },
        { running: ['up'] },
      ),
    );
    const done = async (...args: string[]) => {
      const ended = await programs.banyan(...args, '--json', '--why', 'as planned');
      expect(ended.code, ended.stderr + ended.stdout).toBe(0);
      return jsonOf(ended) as Record<string, unknown>;
    };
    /** Who answers reads and writes of each feature. */
    const answers = () =>
      Promise.all(
        ['search', 'hints'].map(async (name) => {
          const ask = async (method: string) =>
            (await fetch(`${programs.router}/${name}`, { method })).text();
          return [await ask('GET'), await ask('POST')].join(' ');
        }),
      );
    const why = 'as planned';
    /** What no command need be tried for here. */
    const ask = (name: string, action: string) => programs.admin(`/v1/features/${name}/${action}`, { why });
    for (const name of ['search', 'hints']) {
      expect(await ask(name, 'copy')).toContain('"stage":"syncing"');
    }

    expect(await done('cutover', 'search', 'hints', '--dry-run')).toMatchObject({
      ...{ dryRun: true, wouldBegin: true },
      features: [{ feature: 'search', wouldBegin: true }, { feature: 'hints' }],
    });
    expect(await answers()).toEqual(['legacy legacy', 'legacy legacy']);

    // A write that was sent before the hold keeps it from completing: long enough to change one's mind.
    const write = fetch(`${programs.router}/search/slow`, { method: 'POST' });
    await expect.poll(() => legacy.slow.length, { timeout: 10_000 }).toBe(1);
    const begun = programs.banyan('cutover', 'search', '--json', '--why', 'too early');
    const phase = async () => {
      const { features } = (await programs.admin('/v1/status')) as {
        features: { name: string; stage: string }[];
      };
      return features.find(({ name }) => name === 'search')?.stage;
    };
    await expect.poll(phase, { timeout: 30_000 }).toBe('cutting_over');
    expect(await done('abort', 'search')).toMatchObject({ outcome: 'taken back', stage: 'syncing' });
    expect(jsonOf(await begun)).toMatchObject({ error: { code: 'BANYAN_HANDOVER_TAKEN_BACK' } });
    legacy.answerSlow();
    expect(await (await write).text()).toBe('legacy');

    await done('freeze', 'hints');
    const planned = await programs.banyan('plan', 'hints', '--json');
    expect(planned.code).toBe(1);
    expect(jsonOf(planned)).toMatchObject({
      stage: 'syncing',
      faults: [
        { check: 'cutover', code: 'BANYAN_FEATURE_FROZEN', fix: expect.stringContaining('unfreeze hints') },
      ],
      steps: [
        { command: 'banyan copy hints --why …', standing: 'done' },
        { command: 'banyan shadow hints --percent 10 --why …', standing: 'now' },
        { command: 'banyan canary hints --percent 5 --why …', standing: 'now' },
        { command: expect.stringContaining('banyan cutover hints --dry-run'), standing: 'now' },
        { command: expect.stringContaining('banyan finish'), standing: 'later' },
      ],
    });
    // One after the other: the first is done, and told so, when the second is refused.
    const ended = await programs.banyan('cutover', 'search', 'hints', '--json', '--why', why);
    expect(ended.code).not.toBe(0);
    expect(jsonOf(ended)).toMatchObject({
      error: {
        code: 'BANYAN_FEATURE_FROZEN',
        message: expect.stringContaining('Done before it: search. Not begun: none.'),
        details: { failed: 'hints', done: ['search'], notBegun: [] },
      },
    });
    expect(await answers()).toEqual(['service service', 'legacy legacy']);
    await ask('hints', 'unfreeze');
    expect(await ask('hints', 'cutover')).toContain('"owner":"service"');
    expect(await answers()).toEqual(['service service', 'service service']);
    expect(await done('rollback', 'search', 'hints', '--together')).toMatchObject({
      direction: 'rollback',
      features: [
        { feature: 'search', owner: 'legacy' },
        { feature: 'hints', owner: 'legacy' },
      ],
    });
    expect(await answers()).toEqual(['legacy legacy', 'legacy legacy']);
  });
});
