import { compileTable, explain, type Route, type RoutePolicy, type RouteTable } from 'banyan/router';
import { describe, expect, it } from 'vitest';

function route(id: string, change: Partial<Route> = {}): Route {
  const [method = '', path = ''] = id.split(' ');
  return {
    ...{ id, feature: 'thing', method, path, access: 'read' as const, readPercent: 0 },
    call: { kind: 'thrift', method: 'answer' },
    ...change,
  };
}

function compiled(routes: readonly Route[], policy?: RoutePolicy) {
  const thing = {
    name: 'thing',
    stage: 'syncing',
    owner: 'legacy',
    salt: 's',
    inTransition: false,
    hold: false,
  };
  const features = [{ ...thing, ...(policy && { policy }) }] as RouteTable['features'];
  return compileTable({ version: 3, writtenAt: '', features, routes });
}

describe('explain', () => {
  it('names the routes that came close, and what decided against each', () => {
    const table = compiled([
      route('GET /things/:id'),
      route('GET /things/new', { constraints: { host: 'admin.example' } }),
      route('GET /things/:id [beta]', { path: '/things/:id', constraints: { headers: { 'x-beta': '*' } } }),
      route('GET /things/:id [trial]', { path: '/things/:id', constraints: { query: { trial: '1' } } }),
      route('GET /:any/:id'),
      route('POST /things/:id'),
      route('GET /others/:id'),
    ]);
    const rivals = (target: string, ...rawHeaders: string[]) => {
      const said = explain(table, { method: 'get', target, rawHeaders }, []);
      return [said.route?.id, Object.fromEntries(said.rivals.map(({ route, why }) => [route, why]))];
    };
    const lessSpecific = 'the constraints of the route that matched are more specific';
    const laterPath =
      'the path of the route that matched is more specific: literal segments go before parameters, and those with an expression before others';
    expect(rivals('/things/new?trial=1', 'X-Beta', 'yes')).toEqual([
      'GET /things/:id [beta]',
      {
        'GET /things/:id': lessSpecific,
        'GET /things/new': 'its host constraint does not hold',
        'GET /things/:id [trial]': lessSpecific,
        'GET /:any/:id': laterPath,
      },
    ]);
    expect(rivals('/things/new', 'Host', 'admin.example')).toEqual([
      'GET /things/new',
      {
        'GET /things/:id': laterPath,
        'GET /things/:id [beta]': 'its header constraint does not hold',
        'GET /things/:id [trial]': 'its query constraint does not hold',
        'GET /:any/:id': laterPath,
      },
    ]);
    expect(rivals('/nothing')).toEqual([undefined, {}]);
  });

  it('says where each setting of the failure policy comes from', () => {
    const table = compiled(
      [route('GET /a', { policy: { timeouts: { totalMs: null, idleMs: 5 } } }), route('GET /b')],
      { retries: 1, timeouts: { totalMs: 900 } },
    );
    const router = { retries: { max: 5 }, fallback: false, timeouts: { connectMs: 7 } };
    const policy = (target: string) => explain(table, { method: 'GET', target }, [], router).policy;
    expect(policy('/a')).toEqual({
      'timeouts.connectMs': { value: 7, from: 'router' },
      'timeouts.firstByteMs': { value: 60_000, from: 'default' },
      'timeouts.idleMs': { value: 5, from: 'route' },
      'timeouts.totalMs': { value: null, from: 'route' },
      retries: { value: 1, from: 'feature' },
      fallback: { value: false, from: 'router' },
      errorBody: { value: null, from: 'default' },
    });
    expect(policy('/b')['timeouts.totalMs']).toEqual({ value: 900, from: 'feature' });
    expect(policy('/unmatched')).toMatchObject({
      'timeouts.totalMs': { value: null, from: 'default' },
      retries: { value: 5, from: 'router' },
    });
  });
});
