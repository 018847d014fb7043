import { z } from 'zod';
import { compareSettingsSchema } from './compare/index.ts';

export const sandboxSchema = z.object({
  name: z.string(),
  value: z.string(),
  /**
   * True: both sides know it, so that either may be asked once more. Otherwise only the side that did not answer the client is asked:
   * the one that did has executed the write, and could do so again.
   */
  both: z.boolean().exactOptional(),
});

/** A field by which a side knows that it must do nothing that lasts. */
export type Sandbox = Readonly<z.output<typeof sandboxSchema>>;

export const shadowRoutingSchema = z
  .object({
    /** Counters of one run belong together; another id begins from nothing. */
    run: z.string(),
    /** Share of clients, 0–100 with two decimals, whose requests are asked of the other side too. */
    percent: z.number(),
    /** Share of these, 0–100, that legacy is asked a second time at once, to know its own noise. */
    repeatPercent: z.number(),
    /** Route ids; left out, all reads of the feature. */
    routes: z.array(z.string()).readonly().exactOptional(),
    /** Given, writes are shadowed too. */
    sandbox: sandboxSchema.exactOptional(),
    compare: compareSettingsSchema,
    /** How long samples of differences are kept, milliseconds. */
    sampleLifeMs: z.number(),
    /** True: no rows move with the feature, so neither side's data is ever behind. */
    alwaysCurrent: z.boolean().exactOptional(),
  })
  .readonly();

/** What a feature's requests are compared by: travels in the route table. */
export type ShadowRouting = z.output<typeof shadowRoutingSchema>;
