import { z } from 'zod';
import type { FeatureTraffic, SideTraffic } from '../../../traffic/index.ts';

const sideTraffic = z.object({
  perSecond: z.number(),
  /** Answers of 5xx, and none at all. */
  errorsPerSecond: z.number(),
  /** Milliseconds, within a bucket of the routers' metrics; null: nothing was answered. */
  p50Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
}) satisfies z.ZodType<SideTraffic>;

export const routeTraffic = z.object({ legacy: sideTraffic, service: sideTraffic });

/** What routers answered in the last seconds. */
export const featureTraffic = routeTraffic.extend({
  /** How long a time the figures are of. */
  seconds: z.number(),
  /** By route id; those that had no requests are left out. */
  routes: z.record(z.string(), routeTraffic),
}) satisfies z.ZodType<FeatureTraffic>;

/** null: not known yet; routers report within seconds once somebody asks. */
export const trafficAnswer = z.object({ feature: z.string(), traffic: featureTraffic.nullable() });
