import type { Fault } from '../../../common/errors.ts';
import type { ConfiguredRoute } from '../config.ts';
import type { RouteOverrides } from '../feature-routes.ts';

/**
 * A kind of service in the config: one file beside this one, and its lines in `index.ts`. `Parsed`: what its schema made of what a user
 * wrote; `Service`: the same with every path absolute.
 */
export interface ConfiguredKind<Parsed, Service> {
  complete(parsed: Parsed, directory: string): Service;
  /** The routes of a feature with such a service. What is wrong is pushed to `faults`. */
  routes(
    feature: string,
    service: Service,
    written: RouteOverrides,
    faults: Fault[],
  ): Promise<ConfiguredRoute[]>;
  /** What routers must agree on so that a route means the same to each of them. JSON. */
  called(service: Service, routes: readonly ConfiguredRoute[]): Promise<unknown>;
  /** Where it answers. */
  addresses(service: Service): readonly string[];
}
