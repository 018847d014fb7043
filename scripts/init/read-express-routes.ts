import { z } from 'zod';
import { BanyanError } from '../../common/errors.ts';
import { expressionFault, splitExpressions } from '../../common/path-expressions.ts';
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
    const said = inBraces(path);
    const { plain, expressions } = splitExpressions(said);
    const fault = [...expressions.values()].map(expressionFault).find((one) => one !== null);
    // What the app has in braces is a path that is a regular expression as a whole.
    const whole = splitExpressions(path).plain.includes('{');
    if (whole || fault !== undefined || /[()*+?[\]\\]/.test(plain)) {
      const why = fault === undefined ? '' : `: its expression ${fault}`;
      unsaid.push(`${method} ${path}: a pattern that banyan's routes cannot say${why}`);
      continue;
    }
    const route = { method, path: said, requests: null, through };
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

/** Express 4's `/:year?` as Express 5 has it. */
function inBraces(path: string): string {
  return path.replaceAll(/\/(:\w+(?:\([^()]*\))?)\?/g, '{/$1}');
}
