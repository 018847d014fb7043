import type { RequestHandler } from 'express';
import { becomes, userOf } from '../../http/session.ts';
import type { Models } from '../../models/models.ts';
import type { User } from '../../models/user-table.ts';

/**
 * Who owns a shop is an owner: that is one row, and the role follows it. The role is another system's row, perhaps, and what wrote the first may have
 * ended before the second: then the role is written when the owner comes.
 */
export async function raised({ shops, users }: Models, user: User): Promise<User> {
  if (user.role !== 'user' || (await shops.ownedBy(user.id)).length === 0) return user;
  await users.makeOwner(user.id);
  return { ...user, role: 'owner' };
}

/** For who is logged in already. */
export function raiseOwner(models: Models): RequestHandler {
  return async (request, _response, next) => {
    const user = await userOf(models.sessions, request);
    if (user !== undefined) becomes(request, await raised(models, user));
    next();
  };
}
