import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { BanyanError } from '../../common/errors.ts';
import { statePrivileges } from '../../control/store/state-privileges.ts';
import { accountName, type DatabaseEndpoint, grantStatements, moverPrivileges } from '../../mover/index.ts';
import { paintFor } from '../terminal/paint.ts';
import { renderConfig } from './render-config.ts';
import { renderIdl } from './render-idl.ts';
import { type Findings, renderProposal } from './render-proposal.ts';

export interface ProposedFile {
  readonly name: string;
  readonly content: string;
}

/** What `init` writes: the config, a first IDL for each feature with routes, the grants for legacy's server, and the proposal itself. */
export function proposedFiles(
  findings: Findings,
  database: DatabaseEndpoint,
  legacy: string,
): ProposedFile[] {
  const { proposal } = findings;
  const routed = proposal.features.filter(({ routes }) => routes.length > 0);
  return [
    { name: 'banyan.config.ts', content: renderConfig({ database, legacy, proposal }) },
    ...routed.map((feature) => ({ name: `${feature.name}.thrift`, content: renderIdl(feature) })),
    { name: 'grants.sql', content: renderGrants(findings, database) },
    { name: 'proposal.txt', content: `${renderProposal(findings, paintFor(new PassThrough()))}\n` },
  ];
}

/** Writes into a folder, which is made. Nothing is overwritten: throws `BANYAN_FILE_EXISTS` before anything is written. */
export async function writeProposed(folder: string, files: readonly ProposedFile[]): Promise<void> {
  const there: string[] = [];
  for (const { name } of files) {
    const found = await access(join(folder, name)).then(
      () => true,
      () => false,
    );
    if (found) there.push(name);
  }
  if (there.length > 0) {
    throw new BanyanError('BANYAN_FILE_EXISTS', `${there.join(', ')} would be overwritten in ${folder}.`, {
      fix: 'Name another folder with --write, or move these files; nothing was written.',
    });
  }
  await mkdir(folder, { recursive: true });
  for (const { name, content } of files) await writeFile(join(folder, name), content, { flag: 'wx' });
}

function renderGrants({ legacy, proposal }: Findings, { user, database }: DatabaseEndpoint): string {
  const account = accountName(user, '%');
  // Of what stands in the config: what no route is named after is looked at first.
  const routed = proposal.features.filter(({ routes }) => routes.length > 0);
  const tables = routed.flatMap((feature) => feature.tables.map(({ name }) => name));
  const needed = [
    ...statePrivileges('banyan'),
    ...moverPrivileges({
      ...{ engine: legacy.engine, database, tables, bookkeepingSchema: 'banyan', makesTables: false },
    }),
  ];
  return `${[
    `-- banyan's account on ${legacy.server}, for the features that have routes; \`banyan grants\` prints it again, for the services too.`,
    `CREATE USER IF NOT EXISTS ${account} IDENTIFIED BY '…';`,
    ...grantStatements(needed, account),
  ].join('\n')}\n`;
}
