import { benefits } from './benefits.ts';
import { events } from './events.ts';
import { log } from './log.ts';
import type { PartName, StackPart } from './part.ts';
import { product } from './product.ts';
import { search } from './search.ts';
import { shops } from './shops.ts';
import { user } from './user.ts';

/** Every service that a stack can have. */
export const stackParts: Readonly<Record<PartName, StackPart>> = {
  product,
  shops,
  user,
  benefits,
  log,
  events,
  search,
};

export { natsUrl } from './events.ts';
export * from './part.ts';
