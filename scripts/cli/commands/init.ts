import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { DatabaseEndpoint, DatabaseTls } from '../../../common/database-endpoint.ts';
import { findRoutes } from '../../init/find-routes.ts';
import type { Findings } from '../../init/render-proposal.ts';
import { wrapLines } from '../../terminal/wrap-lines.ts';
import { CommandContext, type CommonFlags } from '../command-context.ts';
import { withExamples } from '../long-help.ts';
import type { CommandFactory } from '../program.ts';
import { withRouteSources } from '../route-source-options.ts';

interface Flags extends CommonFlags {
  readonly database: URL;
  readonly legacy: string;
  readonly app?: string;
  readonly routes?: string;
  readonly accessLog?: string;
  readonly write?: string;
}

export const initCommand: CommandFactory = (io) => {
  const command = withRouteSources(new Command('init'))
    .description(
      "Looks at a monolith, its database's tables and its routes, and proposes features, their order, a config, IDLs and grants. Nothing is changed; files only with --write.",
    )
    .requiredOption(
      '--database <url>',
      'mysql://USER@HOST:PORT/DATABASE of the monolith; the password in BANYAN_DB_PASSWORD; with ?ssl-ca=FILE over TLS',
      databaseUrl,
    )
    .option('--legacy <origin>', 'where the monolith answers', 'http://127.0.0.1:3000')
    .option('--write <folder>', 'write the files there; nothing is overwritten')
    .option('--json', 'print exactly one JSON value on stdout')
    .option('--no-progress', 'no progress on stderr');
  withExamples(
    command,
    "banyan init --database mysql://banyan@127.0.0.1/shop --app 'node server.js'",
    'banyan init --database mysql://banyan@db1/shop --access-log access.log --write .',
  );
  return command.action(async (flags: Flags) => {
    const context = new CommandContext(io, flags);
    const database = endpointOf(flags.database, io.env);
    // Imported only here: the mover is more than the other commands need.
    const [{ readLegacy }, { propose }, { renderProposal }, { proposedFiles, writeProposed }] =
      await Promise.all([
        import('../../init/read-legacy.ts'),
        import('../../init/propose.ts'),
        import('../../init/render-proposal.ts'),
        import('../../init/proposed-files.ts'),
      ]);
    const progress = context.progress();
    // First what is over at once: an account that is not there yet is told before the app was waited for.
    progress.update({ phase: 'database', about: `reading the schema of ${database.database}` });
    const legacy = await readLegacy(database);
    if (flags.app !== undefined) progress.update({ phase: 'app', about: 'starting it, until it listens' });
    const found = await findRoutes(flags, io);
    const proposal = propose(legacy, found.routes);
    const findings = { legacy, found, proposal };
    const files = proposedFiles(findings, database, new URL(flags.legacy).origin);
    const folder = flags.write === undefined ? null : resolve(io.directory, flags.write);
    if (folder !== null) await writeProposed(folder, files);
    context.output.verbatim({ ...summary(findings), written: folder, files }, (paint) =>
      [
        wrapLines(renderProposal(findings, paint, shownRoutes), paint.columns),
        '',
        ...(folder === null
          ? [
              ...files
                .filter(({ name }) => name === 'banyan.config.ts')
                .flatMap(({ name, content }) => [paint.strong(name), content]),
              `Nothing was written. --write FOLDER writes ${files.map(({ name }) => name).join(', ')}.`,
            ]
          : [
              `${paint.good('✓')} ${folder} has ${files.map(({ name }) => name).join(', ')}.`,
              `  next: grants.sql on legacy's server, then ${paint.strong('banyan check')}, ${paint.strong('banyan up')} (control and a router in one process), and in another terminal ${paint.strong('banyan doctor --path /')}`,
              `  The config connects as ${database.user}: let that be an account of banyan's own, never the monolith's.`,
            ]),
      ].join('\n'),
    );
  });
};

/** Of those that belong to no feature: the rest is in the file. */
const shownRoutes = 20;

function databaseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== 'mysql:' || url.hostname === '' || url.username === '' || url.pathname.length < 2) {
    throw new InvalidArgumentError('Write mysql://USER@HOST:PORT/DATABASE.');
  }
  const mode = url.searchParams.get('ssl-mode') ?? verifies;
  if (mode !== verifies || [...url.searchParams.keys()].some((name) => !tlsParameters.includes(name))) {
    throw new InvalidArgumentError(
      `After the ? may stand ssl-mode=${verifies}, ssl-ca, ssl-cert and ssl-key with their files.`,
    );
  }
  return url;
}

/** As in MySQL's URI-like connection strings. A server that cannot be told from another one is as good as no encryption. */
const verifies = 'VERIFY_IDENTITY';
const tlsParameters: readonly string[] = ['ssl-mode', 'ssl-ca', 'ssl-cert', 'ssl-key'];

function tlsOf({ searchParams }: URL): DatabaseTls | null {
  if (searchParams.size === 0) return null;
  const file = (name: string) => {
    const given = searchParams.get(name);
    return given === null ? undefined : resolve(given);
  };
  const [caFile, certFile, keyFile] = [file('ssl-ca'), file('ssl-cert'), file('ssl-key')];
  return { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) };
}

function endpointOf(url: URL, env: NodeJS.ProcessEnv): DatabaseEndpoint {
  const plain = decodeURIComponent;
  const tls = tlsOf(url);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 3306),
    user: plain(url.username),
    password: url.password === '' ? (env.BANYAN_DB_PASSWORD ?? '') : plain(url.password),
    database: plain(url.pathname.slice(1)),
    ...(tls && { tls }),
  };
}

function summary({ legacy, found, proposal }: Findings) {
  return {
    server: legacy.server,
    engine: legacy.engine,
    features: proposal.features.map(({ name, tables, routes, crossing, besides }) => ({
      ...{ name, tables: tables.map((table) => table.name) },
      routes,
      ...{ crossing, besides },
    })),
    rest: proposal.rest,
    left: proposal.left,
    unseen: [...found.unsaid, ...legacy.unseen],
  };
}
