import { readFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

/**
 * The default export of a config file. One that says `export default` is a module whatever the project's package.json says:
 * `npm init` makes projects of `"type": "commonjs"`, where Node would take a `.ts` file for a script.
 */
export async function importConfig(file: string): Promise<unknown> {
  const { href } = pathToFileURL(file);
  const isModule = file.endsWith('.ts') && /^export default\b/m.test(await readFile(file, 'utf8'));
  const hooks = registerHooks({
    load: (url, context, next) =>
      next(url, isModule && url === href ? { ...context, format: 'module-typescript' } : context),
  });
  try {
    const loaded = (await import(href)) as { readonly default?: unknown };
    return loaded.default;
  } finally {
    hooks.deregister();
  }
}
