import { z } from 'zod';
import { BanyanError } from '../../common/errors.ts';
import type { FoundRoute, FoundRoutes } from './route.ts';

const file = z.object({
  apps: z.number(),
  routes: z.array(z.object({ method: z.string(), path: z.string(), through: z.array(z.string()) })),
});

/** The file that express-hook.ts wrote. Throws `BANYAN_ROUTES_UNREADABLE`. */
export function readExpressRoutes(text: string, from: string): FoundRoutes {
  const parsed = file.safeParse(parsedJson(text));
  if (!parsed.success) {
    throw new BanyanError('BANYAN_ROUTES_UNREADABLE', `${from} is not what banyan's hook writes.`, {
      fix: "Start the app with NODE_OPTIONS='--import banyan/express-routes' and BANYAN_ROUTES_FILE, or use --app.",
    });
  }
  const routes = new Map<string, FoundRoute>();
  const unsaid: string[] = [];
  for (const { method, path, through } of parsed.data.routes) {
    // A pattern in braces is a regular expression.
    if (path.includes('{') || /[()*+?[\]\\]/.test(plainPath(path))) {
      unsaid.push(`${method} ${path}: a pattern that banyan's routes cannot say`);
      continue;
    }
    const route = { method, path: plainPath(path), requests: null, through };
    routes.set(`${method} ${route.path}`, route);
  }
  return { routes: [...routes.values()], unsaid };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Express 4's `:id(\\d+)` and `:year?` as Express 5 has them; what a parameter may be is left to the service. */
function plainPath(path: string): string {
  return path.replaceAll(/(:\w+)\([^()]*\)/g, '$1').replaceAll(/\/(:\w+)\?/g, '{/$1}');
}
