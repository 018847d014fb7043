import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { describeError } from '../../../common/errors.ts';
import { seamPrivileges, statePrivileges, watchPrivileges } from '../../../control/store/state-privileges.ts';
import { accountName, grantStatements, moverPrivileges } from '../../../mover/index.ts';
import { parseGrant } from '../../../mover/privileges/grants.ts';
import { privilegeFaults } from '../../../mover/privileges/missing-privileges.ts';
import { readGreeting } from '../../../scripts/grants/read-greeting.ts';

/** The statements of docs/mover.md, by the heading comment above them. */
async function documented(): Promise<Map<string, string[]>> {
  const text = await readFile(new URL('../../../docs/mover.md', import.meta.url), 'utf8');
  const [, block = ''] = /## Privileges[\s\S]*?```sql\n([\s\S]*?)```/.exec(text) ?? [];
  const lists = new Map<string, string[]>();
  for (const line of block.trim().split('\n')) {
    if (line.startsWith('-- ')) lists.set(line.slice(3), []);
    else [...lists.values()].at(-1)?.push(line);
  }
  return lists;
}

const account = accountName('banyan', '%');
const needs = (engine: 'mysql' | 'mariadb', database: string) =>
  moverPrivileges({
    ...{ engine, database, tables: ['products'], bookkeepingSchema: 'banyan' },
    makesTables: database === 'product',
  });

describe('grants', () => {
  it.each([
    ['mysql', 'MySQL'],
    ['mariadb', 'MariaDB'],
  ] as const)('in docs/mover.md are what the tests run on, %s', async (engine, name) => {
    const lists = await documented();
    expect(lists.get(`legacy, ${name}`)).toEqual(
      grantStatements([...statePrivileges('banyan'), ...needs(engine, 'shop')], account),
    );
    expect(lists.get(`service, ${name}`)).toEqual(grantStatements(needs(engine, 'product'), account));
  });

  it.each([
    ['seam', seamPrivileges],
    ['watch', watchPrivileges],
  ] as const)('in docs/%s.md are what the tests of it run on', async (page, privileges) => {
    const text = await readFile(new URL(`../../../docs/${page}.md`, import.meta.url), 'utf8');
    const shown = [...text.matchAll(/^```sql\n([\s\S]*?)^```/gm)].flatMap(([, block]) =>
      block!.trim().split('\n'),
    );
    const wanted = grantStatements(privileges('banyan'), accountName('shop', '%'));
    expect(shown.toSorted()).toEqual(wanted.toSorted());
  });

  it('are enough when each is held as it is printed, also where names hold wildcards', () => {
    const needed = moverPrivileges({
      ...({
        engine: 'mysql',
        database: 'my_shop%',
        tables: ['a`b', 'a_b'],
        bookkeepingSchema: 'b_k',
      } as const),
      makesTables: false,
    });
    const printed = grantStatements(needed, account);
    expect(printed).toContain("GRANT SELECT ON `my\\_shop\\%`.* TO 'banyan'@'%';");
    expect(printed).toContain(
      "GRANT INSERT, UPDATE, DELETE, TRIGGER, ALTER ON `my_shop%`.`a``b` TO 'banyan'@'%';",
    );
    const endpoint = { host: 'h', port: 1, user: 'banyan', password: '', database: 'my_shop%' };
    const held = printed.flatMap((line) => parseGrant(line) ?? []);
    expect(privilegeFaults(held, { endpoint, account, needed })).toEqual([]);
    for (const left of held) {
      const others = held.filter((one) => one !== left);
      expect(
        privilegeFaults(others, { endpoint, account, needed }).length,
        JSON.stringify(left),
      ).toBeGreaterThan(0);
    }
  });

  it('that are missing are never an unexpected error', () => {
    for (const errno of [1044, 1142, 1143, 1227, 1370, 1419]) {
      const error = Object.assign(new Error('denied'), { errno });
      expect(describeError(error)).toMatchObject({ code: 'BANYAN_PRIVILEGE_MISSING', message: 'denied' });
    }
    expect(describeError(Object.assign(new Error('odd'), { errno: 1064 })).code).toBe('BANYAN_UNEXPECTED');
  });
});

it.each([
  ['mysql', '9.7.0', 10],
  ['mariadb', '5.5.5-10.11.19-MariaDB-0+deb12u1', 10],
  [null, "Host '10.0.0.7' is blocked", 255],
] as const)('an engine is known before anybody can sign in: %s', async (engine, says, protocol) => {
  const body = Buffer.from(`${says}\0rest`);
  const server = createServer((socket) =>
    socket.end(Buffer.concat([Buffer.from([body.length + 1, 0, 0, 0, protocol]), body])),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(await readGreeting({ host: '127.0.0.1', port })).toBe(engine);
  server.close();
  await once(server, 'close');
  expect(await readGreeting({ host: '127.0.0.1', port })).toBeNull();
});
