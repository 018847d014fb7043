import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BanyanError } from '../../common/errors.ts';
import type { FoundRoutes } from './route.ts';

/** Where the monolith's routes are to be found; one of them, or none. */
export interface RouteSources {
  /** A command that starts the Express app. */
  readonly app?: string;
  /** Files. */
  readonly routes?: string;
  readonly accessLog?: string;
}

export interface FindRoutesOptions {
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** The monolith's routes, as far as somebody says where they are. @throws BanyanError BANYAN_ROUTES_UNREADABLE and others */
export async function findRoutes(
  { app, routes, accessLog }: RouteSources,
  { directory, env, signal }: FindRoutesOptions,
): Promise<FoundRoutes> {
  if (accessLog !== undefined) {
    const { readAccessLog } = await import('./read-access-log.ts');
    return readAccessLog(await readNamed(accessLog, directory));
  }
  if (app === undefined && routes === undefined) {
    return { routes: [], unsaid: ['routes: give --app, --routes or --access-log'] };
  }
  const { readExpressRoutes } = await import('./read-express-routes.ts');
  if (app === undefined) return readExpressRoutes(await readNamed(routes!, directory), routes!);
  const { runApp } = await import('./run-app.ts');
  return readExpressRoutes(await runApp(app, { directory, env, signal }), `\`${app}\``);
}

async function readNamed(file: string, directory: string): Promise<string> {
  return readFile(resolve(directory, file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new BanyanError('BANYAN_ROUTES_UNREADABLE', `${file} cannot be read (${error.code}).`, {
      fix: 'Name the file that has the routes, or the access log.',
      cause: error,
    });
  });
}
