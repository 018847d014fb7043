import { z } from 'zod';

const milliseconds = z.number().int().positive();

/** A service that is an AWS Lambda function, as a router is given it. Whose it may be called as, the AWS SDK finds out as everywhere. */
export const lambdaServiceSchema = z.strictObject({
  kind: z.literal('lambda'),
  /** Name, partial ARN or ARN. */
  function: z.string().min(1),
  /** A version or an alias; left out, the unpublished version. */
  qualifier: z.string().min(1).optional(),
  region: z.string().min(1),
  /** Instead of the region's own: a VPC endpoint, or a server that speaks the same protocol. */
  endpoint: z.url({ protocol: /^https?$/ }).optional(),
  /** What an answer may take, cold starts included, milliseconds. */
  deadlineMs: milliseconds.default(5_000),
  /** Invocations at once. */
  connections: z.number().int().positive().default(128),
});

export type LambdaServiceSettings = z.input<typeof lambdaServiceSchema>;
export type LambdaService = z.output<typeof lambdaServiceSchema>;
