import { z } from 'zod';

export const compareSettingsSchema = z.object({
  /** `value`: 1, 1.0 and 10e-1 are equal; digits of long integers count all the same. `text`: as they are written. */
  numbers: z.enum(['value', 'text']),
  /** Whether the order of an object's keys counts. */
  keyOrder: z.enum(['ignore', 'compare']),
  /** Response fields that are compared, lower case. */
  headers: z.array(z.string()).readonly(),
});

/** What counts as different. Plain data: it travels in the route table. */
export type CompareSettings = Readonly<z.output<typeof compareSettingsSchema>>;

/** Fields that mean something to a client and do not change from one answer to the next by themselves. */
export const comparedHeaders: readonly string[] = [
  'allow',
  'cache-control',
  'content-disposition',
  'content-language',
  'content-type',
  'link',
  'location',
  'retry-after',
  'set-cookie',
  'vary',
  'www-authenticate',
];

export const defaultCompareSettings: CompareSettings = {
  numbers: 'value',
  keyOrder: 'ignore',
  headers: comparedHeaders,
};
