import type { DatabaseEndpoint } from '../../mover/index.ts';
import type { Proposal, ProposedFeature } from './propose.ts';
import { serviceName } from './words.ts';

export interface Facts {
  readonly database: DatabaseEndpoint;
  /** Origin of the monolith. */
  readonly legacy: string;
  readonly proposal: Proposal;
}

/**
 * A config that can be run as it is: the router in front of everything, no feature yet. The first feature stands beside it, ready to
 * be taken in once its service and its database are there.
 */
export function renderConfig({ database, legacy, proposal }: Facts): string {
  const [first, ...later] = proposal.features.filter(({ routes }) => routes.length > 0);
  return `import { defineConfig } from 'banyan';

const { BANYAN_DB_PASSWORD: password = '' } = process.env;

export default defineConfig({
  databases: {
    legacy: { host: '${text(database.host)}', port: ${database.port}, user: '${text(database.user)}', password, database: '${text(database.database)}'${tls(database)} },${
      first === undefined
        ? ''
        : `\n    // ${key(first.name)}: { host: '127.0.0.1', port: 3306, user: 'banyan', password, database: '${text(first.name)}' },`
    }
  },
  state: { database: 'legacy', schema: 'banyan' },
  legacy: { addresses: ['${text(legacy)}'], database: 'legacy' },
  router: {
    listen: '127.0.0.1:7400',
    // What makes a client the same client in a canary, the first that a request has.
    identity: ['cookie:session', 'address'],
  },
  features: {${first === undefined ? '' : `\n${commented(renderFeature(first))}`}
  },
});
${
  later.length === 0
    ? ''
    : `\n// Afterwards, in this order:\n${commented(later.map(renderFeature).join('\n')).replaceAll(/^ {4}/gm, '')}\n`
}`;
}

function renderFeature({ name, tables, crossing }: ProposedFeature): string {
  const own = new Set(tables.map((table) => table.name));
  const severed = crossing
    .filter(({ child, parent }) => own.has(child) !== own.has(parent))
    .map(({ child, columns }) => `'${text(child)}.${text(columns.join(','))}'`);
  return [
    `${key(name)}: {`,
    `  service: { idl: './${name}.thrift', name: '${serviceName(name)}', addresses: ['127.0.0.1:7402'] },`,
    `  database: '${text(name)}',`,
    `  tables: [${tables.map((table) => `'${text(table.name)}'`).join(', ')}],`,
    ...(severed.length === 0
      ? []
      : [
          '  // No server checks these foreign keys once the feature has moved.',
          `  sever: [${[...new Set(severed)].join(', ')}],`,
        ]),
    '},',
  ].join('\n');
}

function tls({ tls: settings }: DatabaseEndpoint): string {
  if (settings === undefined) return '';
  const files = Object.entries(settings).map(([name, file]) => `${name}: '${text(file)}'`);
  return `, tls: {${files.length === 0 ? '' : ` ${files.join(', ')} `}}`;
}

function commented(block: string): string {
  return block
    .split('\n')
    .map((line) => `    // ${line}`)
    .join('\n');
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${text(name)}'`;
}

function text(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}
