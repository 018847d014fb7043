import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { BanyanConfig } from '../../../control/config/index.ts';
import { type Examined, examineVia } from '../../doctor/examine-via.ts';
import type { Paint } from '../../terminal/paint.ts';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import { exitCodes } from '../exit-codes.ts';
import { withHeaders } from '../header-option.ts';
import type { CommandFactory } from '../program.ts';

interface Flags extends CommonFlags {
  readonly via?: URL;
  readonly viaCa?: string;
  readonly path: readonly string[];
  readonly header: readonly string[];
}

export const doctorCommand: CommandFactory = (io, outcome) => {
  const command = withHeaders(new Command('doctor'))
    .description(
      'Asks for pages the way that clients come, and the monolith itself, and says what differs: redirects, cookies, fields, links. Sends GETs only.',
    )
    .option(
      '--via <url>',
      "where clients come: the load balancer's address (default: the router's own)",
      parseUrl,
    )
    .option('--via-ca <file>', 'certificates in PEM that --via is trusted by, if it has one of your own')
    .option('--path <path>', 'a page to ask for; may be repeated (default: /)', collectPath, []);
  withLookOptions(
    command,
    'banyan doctor --via https://shop.example --path / --path /login',
    "banyan doctor --path /api/orders -H 'cookie: session=…'",
    'banyan doctor --json | jq .examined[].findings',
  );
  return command.action(async (flags: Flags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    const via = flags.via ?? routerUrl(config);
    const paths = flags.path.length === 0 ? ['/'] : flags.path;
    const caFile = flags.viaCa === undefined ? undefined : resolve(io.directory, flags.viaCa);
    const asked = { caFile, headers: flags.header, signal: io.signal };
    const examined = await examineVia(config.legacy, via, paths, asked);
    if (examined.some(({ findings }) => findings.length > 0)) outcome.exitCode = exitCodes.failed;
    context.output.result({ via: via.href, examined }, (paint) => render(examined, paint));
  });
};

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new InvalidArgumentError('Write it as clients do: https://shop.example.');
}

function collectPath(text: string, earlier: readonly string[]): readonly string[] {
  if (!text.startsWith('/')) throw new InvalidArgumentError('Begin it with a slash.');
  return [...earlier, text];
}

function routerUrl({ router: { listen, tls } }: BanyanConfig): URL {
  const host = ['0.0.0.0', '::'].includes(listen.host) ? '127.0.0.1' : listen.host;
  return new URL(
    `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${listen.port}`,
  );
}

function render(examined: readonly Examined[], paint: Paint): string {
  return examined
    .flatMap(({ url, status, monolithStatus, findings }) => [
      findings.length === 0
        ? `${paint.good('✓')} ${url}: ${status}, as the monolith itself answers`
        : `${paint.bad('✗')} ${url}: ${status ?? 'no answer'}; the monolith: ${monolithStatus ?? 'no answer'}`,
      ...findings.flatMap(({ what, fix, code }) => [`  ${what} ${paint.faint(`(${code})`)}`, `    → ${fix}`]),
    ])
    .join('\n');
}
