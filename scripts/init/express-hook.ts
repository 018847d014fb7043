/**
 * `node --import …/express-hook.ts app.js`: once the app listens, the routes of every Express 4 or 5 app in the process are written to
 * the file that BANYAN_ROUTES_FILE names. Nothing else changes for the app. It runs in the monolith's process, on whatever Node that
 * has: hence no import of banyan's.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { Server as HttpServer } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import Module from 'node:module';

interface Layer {
  readonly name?: string;
  /** Of a route's handlers; left out where it is for every method. */
  readonly method?: string;
  readonly handle?: { readonly stack?: readonly Layer[] };
  readonly route?: {
    readonly path: unknown;
    readonly methods: Readonly<Record<string, boolean>>;
    readonly stack: readonly Layer[];
  };
}
type Use = (this: object, ...args: unknown[]) => unknown;
interface WithStack {
  readonly stack?: readonly Layer[];
}
interface App extends WithStack {
  readonly parent?: object;
  readonly _router?: WithStack;
  readonly router?: WithStack;
}

/** Neither version of Express keeps under which path a router was put: so it is noted when that happens. */
const mounts = new WeakMap<Layer, readonly string[]>();
const subApps = new WeakMap<object, { readonly paths: readonly string[]; readonly app: App }[]>();
const apps = new Set<App>();

const loader = Module as unknown as {
  _load(request: string, parent: unknown, isMain: boolean): unknown;
  _resolveFilename(request: string, parent: unknown): string;
};
const load = loader._load;
const wrapped = new WeakSet<object>();

loader._load = function (this: unknown, request, parent, isMain) {
  const loaded = load.call(this, request, parent, isMain);
  if (/(^|[\\/])(router|application|index)(\.js)?$/.test(request)) wrap(request, parent, loaded);
  return loaded;
};

function wrap(request: string, parent: unknown, loaded: unknown): void {
  if ((typeof loaded !== 'function' && typeof loaded !== 'object') || loaded === null || wrapped.has(loaded))
    return;
  let file: string;
  try {
    file = loader._resolveFilename(request, parent);
  } catch {
    // It was loaded by somebody who finds modules otherwise.
    return;
  }
  const one = loaded as {
    use?: Use;
    init?: Use;
    route?: unknown;
    prototype?: { use?: Use; route?: unknown };
  };
  if (/[\\/]router[\\/]index\.js$/.test(file)) {
    // Express 4's router is the object that its routers inherit from, Express 5's is a class.
    const routers = [one, one.prototype].find(
      (place) => typeof place?.use === 'function' && typeof place.route === 'function',
    );
    if (routers !== undefined) wrapRouter(routers);
  } else if (/[\\/]lib[\\/]application\.js$/.test(file) && one.use && one.init) {
    wrapApplication(one as { use: Use; init: Use });
  } else return;
  wrapped.add(loaded);
}

function wrapRouter(routers: { use?: Use }): void {
  const use = routers.use as Use;
  routers.use = function (this: WithStack, ...args) {
    const before = this.stack?.length ?? 0;
    const result = use.apply(this, args);
    for (const layer of this.stack?.slice(before) ?? []) mounts.set(layer, pathsOf(args[0]));
    return result;
  };
}

function wrapApplication(application: { use: Use; init: Use }): void {
  const { use, init } = application;
  application.init = function (this: App, ...args) {
    apps.add(this);
    return init.apply(this, args);
  };
  application.use = function (this: App, ...args) {
    const known = subApps.get(this) ?? [];
    for (const fn of args.flat(Number.POSITIVE_INFINITY)) {
      if (apps.has(fn as App)) known.push({ paths: pathsOf(args[0]), app: fn as App });
    }
    subApps.set(this, known);
    return use.apply(this, args);
  };
}

/** What `use` was given in front of its handlers; a pattern as `{source}`. */
function pathsOf(first: unknown): readonly string[] {
  const list = Array.isArray(first) ? first : [first];
  const paths = list.filter((one) => typeof one === 'string' || one instanceof RegExp);
  return paths.length === 0 ? [''] : paths.map(asText);
}

function asText(path: unknown): string {
  return path instanceof RegExp ? `{${path.source}}` : String(path);
}

interface FoundRoute {
  readonly method: string;
  readonly path: string;
  /** Names of the functions in front of the handler. */
  readonly through: readonly string[];
}

function* walk(stack: readonly Layer[], prefix: string, through: readonly string[]): Generator<FoundRoute> {
  for (const layer of stack) {
    if (layer.route) {
      const { path, methods, stack: handlers } = layer.route;
      for (const one of (Array.isArray(path) ? path : [path]).map(asText)) {
        for (const method of Object.keys(methods).filter((name) => methods[name])) {
          const own = handlers.filter((handler) => handler.method === undefined || handler.method === method);
          yield {
            method: method === '_all' ? 'ALL' : method.toUpperCase(),
            path: joined(prefix, one),
            through: [...through, ...own.slice(0, -1).map(({ name }) => name || 'anonymous')],
          };
        }
      }
      continue;
    }
    const inner = layer.handle?.stack;
    if (inner === undefined) continue;
    for (const path of mounts.get(layer) ?? ['{?}'])
      yield* walk(inner, joined(prefix, path), [...through, ...middlewares(inner)]);
  }
}

function middlewares(stack: readonly Layer[]): string[] {
  const plain = stack.filter(({ route, handle }) => route === undefined && handle?.stack === undefined);
  return plain.map(({ name }) => name || 'anonymous').filter((name) => name !== 'mounted_app');
}

function* walkApp(app: App, prefix: string, through: readonly string[]): Generator<FoundRoute> {
  const stack = stackOf(app);
  const all = [
    ...through,
    ...middlewares(stack).filter((name) => name !== 'query' && name !== 'expressInit'),
  ];
  yield* walk(stack, prefix, all);
  for (const { paths, app: sub } of subApps.get(app) ?? [])
    for (const path of paths) yield* walkApp(sub, joined(prefix, path), all);
}

function stackOf(app: App): readonly Layer[] {
  if (app._router) return app._router.stack ?? [];
  try {
    return app.router?.stack ?? [];
  } catch {
    // Express 4, where reading it is an error, and the app has no routes.
    return [];
  }
}

function joined(prefix: string, path: string): string {
  const whole = `${prefix.replace(/\/$/, '')}/${path.replace(/^\//, '')}`;
  return whole.length > 1 ? whole.replace(/\/$/, '') : whole;
}

/** The routes of all apps of this process that are no part of another one. */
export function foundRoutes(): { readonly apps: number; readonly routes: readonly FoundRoute[] } {
  const roots = [...apps].filter(({ parent }) => parent === undefined);
  return { apps: roots.length, routes: roots.flatMap((app) => [...walkApp(app, '', [])]) };
}

/**
 * A process of the same command that listens without an Express app, for metrics or a debugger, does not end the search: what it has goes beside.
 * Each of several that were forked writes a file of its own before it takes the name.
 */
function tell(): void {
  const file = process.env.BANYAN_ROUTES_FILE;
  if (file === undefined) return;
  const found = foundRoutes();
  const own = `${file}.${process.pid}`;
  try {
    writeFileSync(own, JSON.stringify(found));
    renameSync(own, found.apps === 0 ? `${file}.none` : file);
  } catch {
    // Who asked has had its answer, and is gone with the folder: no reason for the app to end.
  }
}

/** Routes that are added once the app listens, by plug-ins for instance, come soon after. */
const settleMs = 300;
interface Listening {
  listen(this: Listening, ...args: unknown[]): unknown;
  once(event: 'listening', then: () => void): unknown;
}
for (const { prototype } of [HttpServer, HttpsServer] as unknown as { prototype: Listening }[]) {
  const { listen } = prototype;
  prototype.listen = function (...args) {
    this.once('listening', () => void setTimeout(tell, settleMs));
    return listen.apply(this, args);
  };
}
