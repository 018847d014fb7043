import { readFile, writeFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import { BanyanError } from '../../../common/errors.ts';
import type { Idl, ReportedRoute } from '../../../rpc/index.ts';
import { type Column, renderTable } from '../../terminal/table.ts';
import { type CliIo, Output } from '../cli-io.ts';
import { exitCodes } from '../exit-codes.ts';
import { withExamples } from '../long-help.ts';
import type { CommandFactory, Outcome } from '../program.ts';

interface Flags {
  readonly json?: boolean;
  readonly include?: readonly string[];
}

/** `banyan idl routes|openapi|types FILE`: what an IDL declares, without any config. */
export const idlCommand: CommandFactory = (io, outcome) => {
  const command = new Command('idl')
    .helpCommand(false)
    .description('Looks into a Thrift IDL: its HTTP routes, OpenAPI, TypeScript types.');
  withExamples(command, 'banyan idl routes extracted/product/product.thrift');
  return command
    .addCommand(routesCommand(io))
    .addCommand(openapiCommand(io))
    .addCommand(typesCommand(io, outcome));
};

function idlFileCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<file>', 'the .thrift file')
    .option('-I, --include <folder...>', 'look here too for includes that are not beside the file')
    .option('--json', 'print exactly one JSON value on stdout');
}

/** Imported only here: commands that need no IDL start faster without rpc. */
async function open(
  io: CliIo,
  file: string,
  { include = [] }: Flags,
  annotations: 'must be right' | 'are of no account' = 'must be right',
) {
  const rpc = await import('../../../rpc/index.ts');
  const options = { includes: include.map((folder) => resolve(io.directory, folder)), annotations };
  const idl = await rpc.loadIdl(resolve(io.directory, file), options);
  const output = new Output(io, false);
  for (const { at, what, fix } of [...idl.warnings, ...idl.annotationFaults])
    output.note(`warning: ${at}: ${what}. ${fix}`);
  return { rpc, idl };
}

const routeColumns: readonly Column<ReportedRoute>[] = [
  { title: 'method', value: (route) => route.method },
  { title: 'path', value: (route) => route.path },
  { title: 'service', value: (route) => route.service },
  { title: 'rpc', value: (route) => route.rpcMethod },
];

function routesCommand(io: CliIo): Command {
  const command = idlFileCommand('routes', 'Lists the HTTP routes that an IDL declares.');
  withExamples(command, 'banyan idl routes extracted/product/product.thrift --json');
  return command.action(async (file: string, flags: Flags) => {
    const { rpc, idl } = await open(io, file, flags);
    const routes = rpc.idlRoutesReport(idl);
    new Output(io, flags.json ?? false).result(routes, (paint) =>
      routes.length === 0
        ? 'It declares none: annotate its methods (api.get="/path", …).'
        : renderTable(routeColumns, routes, { paint }),
    );
  });
}

function openapiCommand(io: CliIo): Command {
  const command = idlFileCommand(
    'openapi',
    'Prints an OpenAPI 3.1 document of a service’s HTTP side.',
  ).option('--service <name>', 'which service; default: the one that has routes');
  withExamples(command, 'banyan idl openapi extracted/product/product.thrift > openapi.json');
  return command.action(async (file: string, flags: Flags & { readonly service?: string }) => {
    const { rpc, idl } = await open(io, file, flags);
    const service = flags.service ?? onlyService(idl, rpc.idlRoutesReport(idl));
    const document = rpc.openApiDocument(idl, service);
    new Output(io, flags.json ?? false).result(document, () => JSON.stringify(document, null, 2));
  });
}

function onlyService(idl: Idl, routes: readonly ReportedRoute[]): string {
  const [first, ...others] = new Set(routes.map((route) => route.service));
  if (first !== undefined && others.length === 0) return first;
  const file = basename(idl.file);
  throw new BanyanError(
    'BANYAN_IDL_SERVICE_UNCLEAR',
    first === undefined
      ? `${file} declares no HTTP route.`
      : `${file} declares several services with routes.`,
    {
      fix:
        first === undefined
          ? 'Annotate the methods of its service (api.get="/path", …).'
          : `Name one with --service: ${[first, ...others].join(', ')}.`,
    },
  );
}

function typesCommand(io: CliIo, outcome: Outcome): Command {
  const command = idlFileCommand('types', 'Writes TypeScript types for an IDL’s structs, enums and services.')
    .option('-o, --out <file>', 'write them here instead of stdout')
    .option('--check', 'write nothing: exit status 1 if --out is not what would be written');
  withExamples(
    command,
    'banyan idl types extracted/product/product.thrift --out extracted/product/thrift-types.ts',
    'banyan idl types extracted/product/product.thrift --out extracted/product/thrift-types.ts --check',
  );
  return command.action(
    async (file: string, flags: Flags & { readonly out?: string; readonly check?: boolean }) => {
      const { rpc, idl } = await open(io, file, flags, 'are of no account');
      const types = rpc.typescriptTypes(idl);
      const output = new Output(io, flags.json ?? false);
      if (flags.out === undefined) {
        output.verbatim({ types }, () => types.trimEnd());
        return;
      }
      const out = resolve(io.directory, flags.out);
      const fresh = (await currentText(out)) === types;
      if (!fresh && !flags.check) await writeFile(out, types);
      if (!fresh && flags.check) outcome.exitCode = exitCodes.failed;
      output.result({ file: out, fresh, written: !fresh && !flags.check }, (paint) => {
        if (fresh) return `${paint.good('✓')} ${flags.out} is up to date.`;
        return flags.check
          ? `${paint.bad('✗')} ${flags.out} is not what ${file} declares: write it again without --check.`
          : `${paint.good('✓')} ${flags.out} written.`;
      });
    },
  );
}

async function currentText(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
