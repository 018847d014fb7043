import { setTimeout as wait } from 'node:timers/promises';
import { createClient, loadIdl } from 'banyan/rpc';
import { Command } from 'commander';
import { idlFile } from './server.ts';
import type { SearchServiceClient, Status } from './thrift-types.ts';

const usual = process.env.SEARCH_ADDRESS || '127.0.0.1:7408';
const pollMs = 200;

interface Flags {
  readonly address: string;
  readonly json?: true;
  readonly wait?: true;
}

const program = new Command('ask').description('The search service’s index.');

program
  .command('status')
  .description('what is in the index, and how far behind the shop it is')
  .option('--address <host:port>', 'the service', usual)
  .option('--json', 'as one JSON object')
  .addHelpText('after', '\nExample:\n  node extracted/search/ask.ts status --json\n')
  .action((flags: Flags) => ask(flags, (client) => client.call('status', [])));

program
  .command('rebuild')
  .description('builds the index from scratch; the one of the moment answers until the other one is whole')
  .option('--address <host:port>', 'the service', usual)
  .option('--wait', 'until it is done')
  .option('--json', 'as one JSON object')
  .addHelpText('after', '\nExample:\n  node extracted/search/ask.ts rebuild --wait\n')
  .action((flags: Flags) =>
    ask(flags, async (client) => {
      let status = await client.call('rebuild', []);
      while (flags.wait && status.rebuilding) {
        await wait(pollMs);
        status = await client.call('status', []);
      }
      return status;
    }),
  );

async function ask(flags: Flags, work: (client: SearchServiceClient) => Promise<Status>): Promise<void> {
  const client = createClient<SearchServiceClient>({
    idl: await loadIdl(idlFile),
    service: 'SearchService',
    addresses: [flags.address],
  });
  try {
    const status = await work(client);
    process.stdout.write(`${flags.json ? JSON.stringify(status) : render(status)}\n`);
  } finally {
    await client.close();
  }
}

function render(status: Status): string {
  const { serving, products, ageMs, stale, staleAfterMs, pending, rebuilding, rebuilt, trouble } = status;
  const age = ageMs === undefined ? 'unknown' : `${(Number(ageMs) / 1_000).toFixed(1)} s`;
  return [
    `engine   ${status.engine}, ${serving ? `${products} products` : 'no index yet'}`,
    `age      ${age}${stale ? ', stale' : ''} (bound: ${Number(staleAfterMs) / 1_000} s)`,
    `feed     ${pending === undefined ? 'not followed' : `${pending} changes to come`}`,
    `rebuild  ${rebuilding ? `under way, ${rebuilt} rows read` : 'none under way'}, ${status.rebuilds} done`,
    ...(trouble === undefined ? [] : [`trouble  ${trouble}`]),
  ].join('\n');
}

try {
  await program.parseAsync();
} catch (error) {
  const fix = 'Is --address, or SEARCH_ADDRESS, that of a search service?';
  process.stderr.write(`error ${(error as Error).message}\n  fix:  ${fix}\n`);
  process.exitCode = 1;
}
