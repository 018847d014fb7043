import { join } from 'node:path';
import { databaseVariables, localUrl, type PartProgram, portOf } from './parts/index.ts';
import type { StackSettings } from './stack-settings.ts';

/**
 * The monolith: one process, or one for each face and, on the monolith's address, what stands in front of them.
 */
export function legacyPrograms(settings: StackSettings): readonly PartProgram[] {
  const told = legacyVariables(settings);
  const face = (name: string, flags: readonly string[], port: string): PartProgram => ({
    name,
    args: ['legacy/main.ts', ...flags],
    env: { PORT: String(portOf(settings, port)), ...told },
  });
  if (!settings.faces) return [face('legacy', [], 'LEGACY')];
  return [
    face('userApi', ['--face', 'user-api'], 'USER_API'),
    face('admin', ['--face', 'admin'], 'ADMIN'),
    face('shopOwner', ['--face', 'shop-owner'], 'SHOP_OWNER'),
    {
      name: 'legacy',
      args: [
        'scripts/stack/balancer/main.ts',
        ...['--port', String(portOf(settings, 'LEGACY'))],
        ...[`/admin=${localUrl(settings, 'ADMIN')}`, `/owner=${localUrl(settings, 'SHOP_OWNER')}`],
        `/=${localUrl(settings, 'USER_API')}`,
      ],
      env: {},
    },
  ];
}

/** What the monolith and its jobs are told: their database, and who owns what has left, where its own code is to follow that. */
export function legacyVariables(settings: StackSettings): Readonly<Record<string, string>> {
  const { databases, accounts, faces, parts } = settings;
  return {
    ...databaseVariables('SHOP_DB', { ...databases.legacy, user: accounts.shop }),
    ...(faces &&
      Object.assign({ SEAM_DB_NAME: 'banyan' }, ...parts.map((part) => part.forLegacy?.(settings)))),
  };
}

export function controlProgram(): PartProgram {
  return { name: 'control', args: ['scripts/banyan.mjs', 'control'], env: {} };
}

export function routerPrograms({ dataDir, routerPorts, accessLog }: StackSettings): readonly PartProgram[] {
  return routerPorts.map((port, index) => {
    const snapshot = join(dataDir, index === 0 ? 'route-table.json' : `route-table-${index}.json`);
    const flags = ['--listen', `127.0.0.1:${port}`, '--admin', '127.0.0.1:0', '--snapshot', snapshot];
    const log = accessLog === undefined ? [] : ['--access-log', String(accessLog)];
    return { name: `router${index}`, args: ['scripts/banyan.mjs', 'router', ...flags, ...log], env: {} };
  });
}
