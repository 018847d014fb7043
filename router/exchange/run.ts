import { describeError } from '../../common/errors.ts';
import { failures } from '../answer/failure.ts';
import { fail } from '../answer/reply.ts';
import { holdPass } from '../hold/hold-pass.ts';
import { arrivalPasses } from './arrival-passes.ts';
import type { Exchange } from './exchange.ts';
import type { Pass } from './pass.ts';
import { act, decideAndCount, match, shadow } from './routing-passes.ts';

/** Again whenever a hold is released, in one synchronous stretch: where it goes, by one table. */
const routingPasses: readonly Pass[] = [
  match,
  decideAndCount,
  holdPass((exchange) => walk(routingPasses, exchange)),
  shadow,
  act,
];

export function run(exchange: Exchange): void {
  if (walk(arrivalPasses, exchange)) walk(routingPasses, exchange);
}

/** A defect costs the request that met it, and neither the process nor those that are released from a hold behind it. */
function walk(passes: readonly Pass[], exchange: Exchange): boolean {
  try {
    for (const pass of passes) if (!pass(exchange)) return false;
    return true;
  } catch (error) {
    exchange.core.options.logger.error({ error: describeError(error) }, 'a request failed unexpectedly');
    exchange.work.end();
    fail(exchange, failures.unexpected());
    return false;
  }
}
