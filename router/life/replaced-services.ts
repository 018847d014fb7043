import { type ServiceIdentity, serviceIdentitySchema } from '../identity/identity-settings.ts';
import { shadowServicesOf } from '../sides/create-shadow-sides.ts';
import type { Sides } from '../sides/create-sides.ts';
import type { ServiceSide } from '../sides/kind.ts';
import { askedServiceSchema, isHandedIn } from '../sides/kinds.ts';
import type { RouterCore } from './router-core.ts';
import type { RouterOptions } from './router-options.ts';

/** By feature. */
export interface ServicesChange extends Pick<RouterOptions, 'services' | 'shadowServices' | 'identities'> {
  /** Features whose service is not asked any more. */
  readonly removed?: readonly string[];
}

interface Retired {
  readonly close: () => Promise<void>;
  readonly timer: NodeJS.Timeout;
}

/**
 * Puts other services in the place of those that a router began with. One that is replaced ends the requests it has: it is
 * closed when as much time has passed as requests have at a graceful stop.
 */
export class ReplacedServices {
  readonly #core: RouterCore;
  readonly #retired = new Set<Retired>();

  constructor(core: RouterCore) {
    this.#core = core;
  }

  /** Throws for settings that are none, and has changed nothing then. */
  replace({ services, shadowServices = {}, identities = {}, removed = [] }: ServicesChange): void {
    const core = this.#core;
    const checked = Object.fromEntries(
      Object.entries(services).map(([feature, service]) => [
        feature,
        isHandedIn(service) ? service : askedServiceSchema.parse(service),
      ]),
    );
    const told = Object.fromEntries(
      Object.entries(identities).map(([feature, identity]) => [
        feature,
        serviceIdentitySchema.parse(identity),
      ]),
    );
    this.#put(core, checked, told, removed);
    if (core.shadowSides === null) return;
    const { shadow } = core.options;
    const shadows = shadowServicesOf({ services: checked, shadowServices, shadow });
    this.#put(core.shadowSides, shadows, told, removed);
  }

  /** Closes what is still there of those that were replaced. */
  async close(): Promise<void> {
    const closing = [...this.#retired].map(({ timer, close }) => {
      clearTimeout(timer);
      return close();
    });
    await Promise.all(closing);
  }

  #put(
    sides: Pick<Sides, 'services' | 'makeService'>,
    services: Parameters<typeof shadowServicesOf>[0]['services'],
    identities: Readonly<Record<string, ServiceIdentity>>,
    removed: readonly string[],
  ): void {
    const replacing = new Set([...Object.keys(services), ...removed]);
    const before = [...replacing].flatMap((feature) => sides.services.get(feature) ?? []);
    for (const feature of removed) sides.services.delete(feature);
    for (const [feature, service] of Object.entries(services)) {
      const made = sides.makeService(service, identities[feature]);
      made.upstream?.start();
      sides.services.set(feature, made);
    }
    for (const side of before) this.#retire(side);
  }

  #retire({ service, upstream }: ServiceSide): void {
    const { drain, logger } = this.#core.options;
    const close = async () => {
      this.#retired.delete(retired);
      try {
        await Promise.all([service?.close(), upstream?.close()]);
      } catch (error) {
        logger.warn({ error: (error as Error).message }, 'a replaced service could not be closed');
      }
    };
    const retired: Retired = { close, timer: setTimeout(() => void close(), drain.maxMs) };
    retired.timer.unref();
    this.#retired.add(retired);
  }
}
