import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What Elasticsearch's API reference (9.x) documents of the requests that are answered here: all else is refused, and is a fault. */
const documented = [
  ['HEAD', /^\/_alias\/[^/]+$/, [], []],
  ['GET', /^\/_alias\/[^/]+$/, [], []],
  ['PUT', /^\/[^/_][^/]*$/, [], ['mappings', 'settings', 'aliases']],
  ['DELETE', /^\/[^/_][^/]*$/, ['ignore_unavailable'], []],
  ['POST', /^\/_aliases$/, [], ['actions']],
  ['POST', /^\/[^/_][^/]*\/_bulk$/, ['refresh', 'require_alias'], ['*']],
  ['PUT', /^\/[^/_][^/]*\/_doc\/[^/]+$/, ['require_alias'], ['*']],
  ['GET', /^\/[^/_][^/]*\/_doc\/[^/]+$/, [], []],
  ['POST', /^\/[^/_][^/]*\/_search$/, [], ['query', 'sort', 'size', '_source', 'track_total_hits']],
  ['POST', /^\/[^/_][^/]*\/_count$/, [], ['query']],
] as const;

type Fields = Record<string, unknown>;
type Query = Record<string, Fields & Record<string, Query[]>>;

interface Stored {
  version: number;
  /** null: deleted, its version is remembered. */
  source: Fields | null;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

export interface Elasticsearch extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  /** Requests that the reference does not have. */
  readonly faults: readonly string[];
  /** Names of the indexes that there are. */
  indices(): readonly string[];
  /** From now on this share of a bulk's items is refused as by a node that has too much to do. */
  rejectBulkItems(share: number): void;
}

/**
 * Not Elasticsearch: so much of its HTTP API as the search service uses, each request held against the reference, with versions, aliases and
 * the few queries carried out as it says.
 */
export async function startElasticsearch(): Promise<Elasticsearch> {
  const indices = new Map<string, Map<string, Stored>>();
  const aliases = new Map<string, string>();
  const requests: RecordedRequest[] = [];
  const faults: string[] = [];
  let rejected = 0;

  const resolve = (name: string) => indices.get(aliases.get(name) ?? name);
  const noSuchIndex = (name: string) => [
    404,
    {
      error: { type: 'index_not_found_exception', reason: `no such index [${name}]`, index: name },
      status: 404,
    },
  ];
  /** Written to by a name that is no alias, an index comes into being; `require_alias` prevents that. */
  const writable = (name: string, requireAlias: boolean) => {
    if (requireAlias && !aliases.has(name)) return null;
    if (resolve(name) === undefined) indices.set(name, new Map());
    return resolve(name)!;
  };

  function bulk(name: string, params: URLSearchParams, lines: Fields[]) {
    const docs = writable(name, params.get('require_alias') === 'true');
    if (docs === null) return noSuchIndex(name);
    const items: Fields[] = [];
    for (let at = 0; at < lines.length; at += 1) {
      const [[action, meta]] = Object.entries(lines[at]!) as [[string, Fields]];
      const source = action === 'index' ? lines[++at]! : null;
      const { _id, version, version_type } = meta as { _id: string; version: number; version_type: string };
      if (version_type !== 'external') faults.push(`bulk: ${JSON.stringify(meta)} is not versioned`);
      const stored = docs.get(_id);
      if (rejected > 0 && (items.length + 1) % Math.round(1 / rejected) === 0) {
        const error = { type: 'es_rejected_execution_exception', reason: 'rejected execution' };
        items.push({ [action]: { _id, status: 429, error } });
      } else if (stored !== undefined && version <= stored.version) {
        const error = { type: 'version_conflict_engine_exception', reason: 'current version is higher' };
        items.push({ [action]: { _id, status: 409, error } });
      } else {
        docs.set(_id, { version, source });
        const status = source === null ? (stored?.source ? 200 : 404) : 201;
        items.push({ [action]: { _id, status, _version: version } });
      }
    }
    return [200, { took: 1, errors: items.some((item) => JSON.stringify(item).includes('error')), items }];
  }

  function search(name: string, body: Fields) {
    const docs = resolve(name);
    if (docs === undefined) return noSuchIndex(name);
    const found = [...docs].filter(([, { source }]) => source !== null && holds(body.query as Query, source));
    const [order] = (body.sort ?? []) as Record<string, 'desc'>[];
    const by = order && Object.keys(order)[0]!;
    if (by !== undefined) found.sort(([, a], [, b]) => Number(b.source![by]) - Number(a.source![by]));
    const size = (body.size as number | undefined) ?? 10;
    const hits = found.slice(0, size).map(([_id, { source }]) => ({
      ...{ _index: name, _id, _score: null },
      _source: Object.fromEntries((body._source as string[]).map((field) => [field, source![field]])),
    }));
    return [200, { took: 1, timed_out: false, hits: { hits } }];
  }

  function answer(method: string, path: string, params: URLSearchParams, body: unknown): unknown[] {
    const [, name = '', rest = '', id = ''] = path.split('/');
    const fields = body as Fields;
    if (name === '_alias') {
      const index = aliases.get(rest);
      if (index === undefined) return [404, { error: `alias [${rest}] missing`, status: 404 }];
      return [200, { [index]: { aliases: { [rest]: {} } } }];
    }
    if (name === '_aliases') {
      const actions = fields.actions as Record<string, { index: string; alias: string }>[];
      // As documented: indices are removed first, wherever that stands.
      for (const { remove_index } of actions) if (remove_index) indices.delete(remove_index.index);
      for (const { add } of actions) if (add) aliases.set(add.alias, add.index);
      return [200, { acknowledged: true, errors: false }];
    }
    if (rest === '_bulk') return bulk(name, params, body as Fields[]);
    if (rest === '_search') return search(name, fields);
    if (rest === '_count') {
      const docs = resolve(name);
      if (docs === undefined) return noSuchIndex(name);
      const held = [...docs.values()].filter(
        ({ source }) => source !== null && holds(fields.query as Query, source),
      );
      return [200, { count: held.length }];
    }
    if (rest === '_doc' && method === 'PUT') {
      const docs = writable(name, params.get('require_alias') === 'true');
      if (docs === null) return noSuchIndex(name);
      const version = (docs.get(id)?.version ?? 0) + 1;
      docs.set(id, { version, source: fields });
      return [201, { _index: name, _id: id, _version: version, result: 'created' }];
    }
    if (rest === '_doc') {
      const stored = resolve(name)?.get(id);
      if (!stored?.source) return [404, { _index: name, _id: id, found: false }];
      return [200, { _index: name, _id: id, found: true, _source: stored.source }];
    }
    if (method === 'PUT') indices.set(name, new Map());
    else if (!indices.delete(name) && params.get('ignore_unavailable') !== 'true') return noSuchIndex(name);
    return [200, { acknowledged: true, shards_acknowledged: true, index: name }];
  }

  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    const path = decodeURIComponent(pathname);
    const { method = '' } = request;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const type = request.headers['content-type'];
    const ndjson = path.endsWith('/_bulk');
    const lines = ndjson ? text.split('\n') : [];
    if (ndjson && lines.pop() !== '') faults.push('bulk: the last line does not end');
    const body = ndjson ? lines.map((line) => JSON.parse(line)) : text === '' ? undefined : JSON.parse(text);
    requests.push({ method, path: request.url!, body });
    const entry = documented.find(([verb, pattern]) => verb === method && pattern.test(path));
    const format = ndjson ? 'x-ndjson' : 'json';
    const wrong =
      entry === undefined
        ? 'no such request'
        : ((text !== '' && type !== `application/vnd.elasticsearch+${format}; compatible-with=9`
            ? `content type ${type}`
            : undefined) ??
          unknownOf([...searchParams.keys()], entry[2]) ??
          (ndjson ? undefined : unknownOf(Object.keys(body ?? {}), entry[3])));
    if (wrong !== undefined) faults.push(`${method} ${request.url}: ${wrong}`);
    const [status, said] =
      wrong === undefined ? answer(method, path, searchParams, body) : [400, { error: wrong, status: 400 }];
    response.writeHead(status as number, {
      'content-type': 'application/vnd.elasticsearch+json;compatible-with=9',
      // Without it the official client takes no answer.
      'x-elastic-product': 'Elasticsearch',
    });
    response.end(method === 'HEAD' ? undefined : JSON.stringify(said));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    faults,
    indices: () => [...indices.keys()],
    rejectBulkItems(share) {
      rejected = share;
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function unknownOf(names: readonly string[], known: readonly string[]): string | undefined {
  if (known.includes('*')) return undefined;
  const unknown = names.filter((name) => !known.includes(name));
  return unknown.length === 0 ? undefined : `unknown: ${unknown.join(', ')}`;
}

/** Whether the document answers the query, of which a few kinds are known. */
function holds(query: Query, source: Fields): boolean {
  const [[kind, said]] = Object.entries(query) as [[string, Query[string]]];
  if (kind === 'bool') {
    const { filter = [], must_not = [], ...others } = said;
    if (Object.keys(others).length > 0) throw new Error(`bool: ${Object.keys(others)} is not known here`);
    return filter.every((one) => holds(one, source)) && !must_not.some((one) => holds(one, source));
  }
  const [[field, value]] = Object.entries(said) as [[string, unknown]];
  if (kind === 'term') return source[field] === value;
  if (kind === 'terms') return (value as unknown[]).includes(source[field]);
  if (kind === 'wildcard') {
    const { value: pattern } = value as { value: string };
    const parts = pattern.split('*').map((part) => part.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*').replaceAll('?', '.')}$`, 'su').test(String(source[field]));
  }
  throw new Error(`${kind} is not known here`);
}
