import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { banyanVersion } from '../../common/banyan-version.ts';
import { describeError } from '../../common/errors.ts';
import { compareConfigs } from '../../control/config/compare-configs.ts';
import { type ConfigPrint, configPrint } from '../../control/config/config-print.ts';
import type { BanyanConfig } from '../../control/config/index.ts';
import { loadConfigAfresh } from '../../control/config/load-afresh.ts';
import { effectInRouter } from '../../control/reload/may-reload.ts';
import type { ReplicaConfig } from '../../control/store/replicas.ts';
import { MysqlStateLink } from '../../control/store/state-link/mysql-state-link.ts';
import { type RunningRouter, startRouter } from '../../router/life/start-router.ts';
import { registeredTracer } from '../../rpc/telemetry/registered-tracer.ts';
import { closeFeatureServices } from './feature-services.ts';
import { type OpenedServices, RoutedServices } from './routed-services.ts';
import { type RouterOverrides, routerSettings } from './router-settings.ts';

export interface RunRouterOptions {
  readonly config: BanyanConfig;
  readonly overrides: RouterOverrides;
  readonly logger: Logger;
}

/** One router with all that it is made of: the state link, the features' services, its config. */
export class RouterProcess {
  readonly router: RunningRouter;
  readonly #logger: Logger;
  readonly #link: MysqlStateLink;
  readonly #routed: RoutedServices;
  readonly #said: Said;
  #config: BanyanConfig;
  #reloading: Promise<void> = Promise.resolve();

  private constructor(
    parts: Pick<RunRouterOptions, 'config' | 'logger'> & {
      readonly router: RunningRouter;
      readonly link: MysqlStateLink;
      readonly routed: RoutedServices;
      readonly said: Said;
    },
  ) {
    this.router = parts.router;
    this.#link = parts.link;
    this.#routed = parts.routed;
    this.#said = parts.said;
    this.#config = parts.config;
    this.#logger = parts.logger;
    this.#said.onReload = (times) => this.#reload(times);
  }

  /** Throws what `startRouter` throws, with nothing left running. */
  static async start({ config, overrides, logger }: RunRouterOptions): Promise<RouterProcess> {
    const tracer = registeredTracer();
    const routed = new RoutedServices(logger, tracer);
    const opened = await routed.open(config);
    const said = new Said(await configPrint(config));
    const link = new MysqlStateLink({
      state: config.state,
      leaseMs: config.control.replicaLeaseMs,
      config: () => said.config,
      onReload: (times) => said.asked(times),
    });
    try {
      const router = await startRouter({
        ...routerSettings(config, overrides),
        ...opened,
        serviceMetrics: routed.metrics,
        ...(tracer === undefined ? {} : { tracer }),
        link,
        logger,
      });
      return new RouterProcess({ router, link, routed, said, config, logger });
    } catch (error) {
      await closeOpened(opened);
      await Promise.all([link.close(), routed.stop()]);
      throw error;
    }
  }

  /**
   * Reads the config again and asks its services from now on; what else of it changed takes effect at the next start. A config with
   * any fault changes nothing. Never rejects: the log and the state store are told what came of it.
   */
  reload(): Promise<void> {
    return this.#reload(null);
  }

  /** Ends gracefully. */
  async stop(): Promise<void> {
    try {
      await this.#reloading;
      await this.router.stop();
    } finally {
      await Promise.all([this.#link.close(), this.#routed.stop()]);
    }
  }

  /** `times`: how often routers were asked through the state store; null: this one alone was. */
  #reload(times: number | null): Promise<void> {
    this.#reloading = this.#reloading.then(async () => {
      try {
        await this.#follow(await loadConfigAfresh(this.#config.file));
      } catch (error) {
        this.#logger.error(
          { error: describeError(error) },
          'the config could not be reloaded; the old one stays',
        );
        this.#said.failed(describeError(error).message);
      }
      if (times !== null) this.#said.done(times);
    });
    return this.#reloading;
  }

  async #follow(after: BanyanConfig): Promise<void> {
    const before = this.#config;
    const print = await configPrint(after);
    const { features: prints } = this.#said.config;
    const changed = Object.values(after.features).filter(
      ({ name, service }) =>
        prints[name] !== print.features[name] ||
        !isDeepStrictEqual(before.features[name]?.service, service) ||
        (service.identity !== undefined && !isDeepStrictEqual(before.identity, after.identity)),
    );
    const removed = Object.keys(before.features).filter((name) => after.features[name] === undefined);
    const features = Object.fromEntries(changed.map((feature) => [feature.name, feature]));
    const opened = await this.#routed.open({ ...after, features });
    try {
      this.router.replaceServices({ ...opened, removed });
    } catch (error) {
      await closeOpened(opened);
      throw error;
    }
    const restart = compareConfigs(this.#said.started ?? before, after).flatMap(({ path }) =>
      effectInRouter(path) === 'restart' ? [path] : [],
    );
    this.#said.started ??= before;
    this.#config = after;
    this.#said.follows(print, restart);
    this.#logger.info({ services: Object.keys(features), removed, restart }, 'the config was read again');
  }
}

async function closeOpened({ services, shadowServices }: OpenedServices): Promise<void> {
  await Promise.all([closeFeatureServices(services), closeFeatureServices(shadowServices)]);
}

/** What the state store is told of a router's config with each beat. */
class Said {
  #config: ReplicaConfig;
  #known: number | null = null;
  /** The config that it began with, once it goes by another. */
  started: BanyanConfig | null = null;
  onReload: (times: number) => Promise<void> = async () => undefined;

  constructor(print: ConfigPrint) {
    this.#config = { ...print, banyan: banyanVersion, restart: [], fault: null, reload: null };
  }

  get config(): ReplicaConfig {
    return this.#config;
  }

  /** What was asked for before this router began is what it began with. */
  asked(times: number): void {
    if (this.#known === null) this.done(times);
    else if (times > this.#known) void this.onReload(times);
    this.#known = times;
  }

  follows(print: ConfigPrint, restart: readonly string[]): void {
    this.#config = { ...this.#config, ...print, restart, fault: null };
  }

  failed(fault: string): void {
    this.#config = { ...this.#config, fault };
  }

  done(reload: number): void {
    this.#config = { ...this.#config, reload };
  }
}
