import { once } from 'node:events';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { parseAddress } from '../../../control/config/address.ts';
import type { Address } from '../../../control/config/index.ts';
import { CommandContext, type CommonFlags, withCommonOptions, withExamples } from '../command-context.ts';
import { processLogger } from '../process-logger.ts';
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

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('Give a share from 0 to 1.');
  return value;
}

function processes(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Give a whole number from 1 up.');
  return value;
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
    .option('--access-log <share>', 'share of ordinary requests that is logged, 0 to 1', share)
    .addOption(new Option('--admin <host:port>', 'where metrics and readiness are served').argParser(address))
    .option('--workers <n>', 'processes that share the port: one for each core is right', processes);
  withExamples(
    withCommonOptions(command),
    'banyan router',
    'banyan router --listen 127.0.0.1:7403 --snapshot .banyan/route-table-2.json',
  );
  return command.action(async (flags: Flags) => {
    const context = new CommandContext(io, flags);
    const config = await context.config();
    // Imported only here: the other commands start faster without all of it.
    const [
      { startRouter, runWorkers, isRouterWorker, serveAsWorker, readTlsFiles },
      { MysqlStateLink },
      { closeFeatureServices, featureServices, thriftOnly },
      { registeredTracer },
      { Registry },
    ] = await Promise.all([
      import('../../../router/index.ts'),
      import('../../../control/index.ts'),
      import('../feature-services.ts'),
      import('../registered-tracer.ts'),
      import('prom-client'),
    ]);
    // All faults of all files at once, and with several processes from the first of them alone.
    const { services: serviceTls } = await readTlsFiles({
      server: config.router.tls,
      legacy: config.legacy.tls,
      services: Object.fromEntries(
        Object.values(config.features).flatMap(({ name, service: { tls } }) => (tls ? [[name, tls]] : [])),
      ),
    });
    if ((flags.workers ?? 1) > 1 && !isRouterWorker()) {
      const { url, adminUrl, replicas, ended } = await untilInterrupted(
        io.signal,
        runWorkers({
          workers: flags.workers ?? 1,
          ...(config.router.admin === undefined && flags.admin === undefined
            ? {}
            : { admin: flags.admin ?? config.router.admin }),
          logger: processLogger('router', io),
          signal: io.signal,
        }),
      );
      context.output.ready({ ready: true, url, adminUrl, replicas, pid: process.pid });
      await ended;
      return;
    }
    const link = new MysqlStateLink({ state: config.state, leaseMs: config.control.replicaLeaseMs });
    const serviceMetrics = new Registry();
    const tracer = registeredTracer();
    const services = await featureServices(config, { tls: serviceTls, metrics: serviceMetrics, tracer });
    // Calls of shadows are no clients': connections of their own, and in no metrics and traces.
    const shadowServices = thriftOnly(await featureServices(config, { tls: serviceTls }));
    try {
      const { database: _, ...legacy } = config.legacy;
      const { admin: usualAdmin, identity, trustedPeers, ...settings } = config.router;
      // A further replica must not fight the first one for the admin port.
      const ownAdmin = flags.admin ?? (flags.listen === undefined ? usualAdmin : undefined);
      // The workers' one admin port is their primary's.
      const admin = isRouterWorker() ? undefined : ownAdmin;
      const starting = startRouter({
        ...settings,
        identity: [...identity],
        trustedPeers: [...trustedPeers],
        ...(admin === undefined ? {} : { admin }),
        ...(flags.listen === undefined ? {} : { listen: flags.listen }),
        ...(flags.snapshot === undefined ? {} : { snapshotFile: resolve(io.directory, flags.snapshot) }),
        ...(flags.accessLog === undefined ? {} : { accessLog: { sample: flags.accessLog } }),
        legacy: { ...legacy, addresses: [...legacy.addresses] },
        services,
        shadowServices,
        serviceMetrics,
        ...(tracer === undefined ? {} : { tracer }),
        link,
        logger: processLogger('router', io),
      });
      const router = await untilInterrupted(io.signal, starting);
      const { url, adminUrl, replica } = router;
      if (isRouterWorker()) serveAsWorker(router);
      else context.output.ready({ ready: true, url, adminUrl, replica, pid: process.pid });
      if (!io.signal.aborted) await once(io.signal, 'abort');
      await router.stop();
    } catch (error) {
      // Once it serves, stopping the router closes these.
      await Promise.all([closeFeatureServices(services), closeFeatureServices(shadowServices)]);
      throw error;
    } finally {
      await link.close();
      if (isRouterWorker()) process.disconnect();
    }
  });
};
