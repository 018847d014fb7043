import type { Paint } from '../terminal/paint.ts';
import type { StackInfo } from './stack-info.ts';

/** Where a running stack can be reached, for people. */
export function renderAddresses(info: StackInfo, paint: Paint): string {
  const { processes, databases } = info;
  const client = (name: 'legacy' | 'product') => {
    const { host, port, user, password, database } = databases[name];
    return `mariadb -h ${host} -P ${port} -u ${user} -p${password} ${database}`;
  };
  const lines: readonly (readonly [string, string, number])[] = [
    ...info.router.map(
      (url, index) => ['router', `${url}/api/products/1`, processes.router[index] ?? -1] as const,
    ),
    ['monolith', info.legacy, processes.legacy],
    ['product', `Thrift; ${info.productHealth}/readyz, /metrics`, processes.product],
    ...(info.localAws === undefined
      ? []
      : ([
          ['benefits', `Lambda at ${info.localAws.lambda}`, processes.benefits ?? -1],
          ['dynamodb', info.localAws.dynamodb, processes.dynamodb ?? -1],
        ] as const)),
    ...(info.nats === undefined
      ? []
      : ([
          ['nats', info.nats, processes.nats ?? -1],
          ['relay', 'the product service’s events to NATS', processes.relay ?? -1],
        ] as const)),
    ['dashboard', `${info.admin.url}/dashboard/`, processes.control],
    ['legacy db', client('legacy'), processes.legacyDb],
    ['product db', client('product'), processes.productDb],
  ];
  return lines
    .map(
      ([what, where, pid]) =>
        `  ${what.padEnd(11)} ${paint.accent(where.padEnd(58))} ${paint.faint(`pid ${pid}`)}`,
    )
    .join('\n')
    .concat(`\n  ${paint.faint(`the dashboard's token is in ${info.admin.tokenFile}`)}`);
}
