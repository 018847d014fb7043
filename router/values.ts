import { z } from 'zod';

/** What settings of several parts are made of. */

export const count = z.int().min(1);
/** 1 to an hour. */
export const milliseconds = z.int().min(1).max(3_600_000);
