import type { Paint } from '../terminal/paint.ts';
import { wrapLines } from '../terminal/wrap-lines.ts';
import { serverName } from './parts/index.ts';
import type { StackInfo } from './stack-info.ts';

/** Of each face, behind the monolith's one address. */
const firstPages = { userApi: '/api/shops', admin: '/admin', shopOwner: '/owner' } as const;

/** Where a running stack can be reached, for people. */
export function renderAddresses(info: StackInfo, paint: Paint): string {
  const pid = (name: string) => {
    const found = info.processes[name];
    return typeof found === 'number' ? found : -1;
  };
  const faces = Object.entries(firstPages).filter(([name]) => info.processes[name] !== undefined);
  const lines: readonly (readonly [string, string, number])[] = [
    ...info.router.map(
      (url, index) => ['router', `${url}/api/products/1`, info.processes.router[index] ?? -1] as const,
    ),
    ['monolith', `${info.legacy}${firstPages.userApi}`, pid('legacy')],
    ...faces.map(([name, page]) => [`  ${name}`, `${info.legacy}${page}`, pid(name)] as const),
    ...Object.entries(info.places).map(([name, where]) => {
      const text = name === 'product' ? `${where}; ${info.productHealth}/readyz, /metrics` : where;
      return [name, text, pid(name)] as const;
    }),
    ['dashboard', `${info.admin.url}/dashboard/`, pid('control')],
    ...Object.entries(info.databases).map(([name, { host, port, user, password, database }]) => {
      const client = `mariadb -h ${host} -P ${port} -u ${user} -p${password} ${database}`;
      return [`${name} db`, client, pid(serverName(name))] as const;
    }),
  ];
  const told = lines.map(([what, where, pid]) => {
    const address = `  ${what.padEnd(11)} ${where.padEnd(58)}`;
    const process = ` pid ${pid}`;
    return { what, where, process, width: address.length + process.length };
  });
  // Where there is no room for them beside every address, process ids are left to `--info`.
  const room = told.every(({ width }) => width <= (paint.columns ?? width));
  const password = `the dashboard's token is in ${info.admin.tokenFile}; the monolith's pages know admin@example.com and owner2@example.com, password shop-demo`;
  return [
    ...told.map(({ what, where, process }) =>
      room
        ? `  ${what.padEnd(11)} ${paint.accent(where.padEnd(58))}${paint.faint(process)}`
        : `  ${what.padEnd(11)} ${paint.accent(where)}`,
    ),
    wrapLines(`  ${paint.faint(password)}`, paint.columns),
  ]
    .join('\n')
    .concat(exportLine(info.environment, paint));
}

/** Commands read the config by themselves: what they cannot know of this stack is told as one line to paste. */
function exportLine(environment: StackInfo['environment'], paint: Paint): string {
  const settings = Object.entries(environment).map(([name, value]) => `${name}='${value}'`);
  if (settings.length === 0) return '';
  return `\n\nFor commands in another terminal, paste this there first:\n  ${paint.accent(`export ${settings.join(' ')}`)}`;
}
