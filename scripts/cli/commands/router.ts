import { once } from 'node:events';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseAddress } from '../../../control/config/address.ts';
import type { Address } from '../../../control/config/index.ts';
import { CommandContext, type CommonFlags, withLookOptions } from '../command-context.ts';
import { numberOption } from '../number-option.ts';
import type { CommandFactory } from '../program.ts';
import { untilInterrupted } from '../until-interrupted.ts';

interface Flags extends CommonFlags {
  readonly listen?: Address;
  readonly snapshot?: string;
  readonly accessLog?: number;
  readonly admin?: Address;
  readonly workers?: number;
}

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (parsed === null) throw new InvalidArgumentError('Write host:port, for example 127.0.0.1:7403.');
  return parsed;
}

export const routerCommand: CommandFactory = (io) => {
  const command = new Command('router')
    .description(
      'Runs a router: the one address that clients know. Any number of replicas; Ctrl-C or SIGTERM lets requests end first.',
    )
    .addOption(
      new Option('--listen <host:port>', 'instead of router.listen: for a further replica').argParser(
        address,
      ),
    )
    .option('--snapshot <file>', 'instead of router.snapshotFile: each replica on a machine needs its own')
    .option(
      '--access-log <share>',
      'share of ordinary requests that is logged, 0 to 1',
      numberOption({ least: 0, most: 1 }),
    )
    .addOption(new Option('--admin <host:port>', 'where metrics and readiness are served').argParser(address))
    .option(
      '--workers <n>',
      'processes that share the port: one for each core is right',
      numberOption({ least: 1, whole: true }),
    );
  withLookOptions(
    command,
    'banyan router',
    'banyan router --listen 127.0.0.1:7403 --snapshot .banyan/route-table-2.json',
  );
  return command.action(async (flags: Flags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    // Imported only here: the other commands start faster without all of it.
    const [
      { runWorkers, isRouterWorker, serveAsWorker },
      { RouterProcess },
      { openServiceTls },
      { featureIdentities },
      { processLogger },
    ] = await Promise.all([
      import('../../../router/life/router-workers.ts'),
      import('../../router/run-router.ts'),
      import('../../router/service-tls.ts'),
      import('../../router/feature-identities.ts'),
      import('../process-logger.ts'),
    ]);
    const logger = processLogger('router', io);
    // A further replica must not fight the first one for the admin port; the workers' one is their primary's.
    const ownAdmin = flags.admin ?? (flags.listen === undefined ? config.router.admin : undefined);
    if ((flags.workers ?? 1) > 1 && !isRouterWorker()) {
      // All faults of all files at once, and from this process alone.
      await openServiceTls(config, logger);
      await featureIdentities(config);
      const workers = await untilInterrupted(
        io.signal,
        runWorkers({
          workers: flags.workers ?? 1,
          ...(ownAdmin === undefined ? {} : { admin: ownAdmin }),
          logger,
          signal: io.signal,
        }),
      );
      io.hangups?.handle(() => workers.hangUp());
      const { url, adminUrl, replicas, ended } = workers;
      context.output.ready({ ready: true, url, adminUrl, replicas, pid: process.pid });
      await ended;
      return;
    }
    try {
      const starting = RouterProcess.start({
        config,
        logger,
        overrides: {
          admin: isRouterWorker() ? null : (ownAdmin ?? null),
          ...(flags.listen === undefined ? {} : { listen: flags.listen }),
          ...(flags.snapshot === undefined ? {} : { snapshotFile: resolve(io.directory, flags.snapshot) }),
          ...(flags.accessLog === undefined ? {} : { accessLog: flags.accessLog }),
        },
      });
      const running = await untilInterrupted(io.signal, starting);
      io.hangups?.handle(() => void running.reload());
      const { url, adminUrl, replica } = running.router;
      if (isRouterWorker()) await serveAsWorker(running.router, io.signal);
      else {
        context.output.ready({ ready: true, url, adminUrl, replica, pid: process.pid });
        if (!io.signal.aborted) await once(io.signal, 'abort');
      }
      await running.stop();
    } finally {
      if (isRouterWorker() && process.connected) process.disconnect();
    }
  });
};
