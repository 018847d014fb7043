import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/** Where the relay listens, and the key that only those know who may read the state store. */
export interface RelayPlace {
  readonly host: string;
  readonly port: number;
  /** Hexadecimal; a new one for each relay. */
  readonly key: string;
}

export const relayPlaceSchema = z.object({
  host: z.string(),
  port: z.number(),
  key: z.string(),
}) satisfies z.ZodType<RelayPlace>;

const beatSchema = z.object({
  /** Grows with each beat of the replica: one that is not higher is an old one. */
  beat: z.number(),
  replica: z.string(),
  version: z.number(),
  /** JSON, as the state store has it. */
  drained: z.string(),
});
const answerSchema = z.object({
  /** Of which beat. */
  answer: z.number(),
  /** The lease was renewed, in the state store. False: the router has to ask the store itself. */
  renewed: z.boolean(),
  /** Of the route table. */
  version: z.number(),
  reload: z.number(),
  counting: z.boolean(),
  /** How many are live. */
  replicas: z.number(),
});
/** A route table of this version is published. */
const newsSchema = z.object({ news: z.number() });

export type RelayBeat = z.infer<typeof beatSchema>;
export type RelayAnswer = z.infer<typeof answerSchema>;
export type RelayNews = z.infer<typeof newsSchema>;

export const fromRouter = beatSchema;
export const fromRelay = z.union([answerSchema, newsSchema]);

const macBytes = 32;

/** One datagram: what is said, behind its HMAC-SHA256. The key itself is never sent. */
export function seal(key: string, message: RelayBeat | RelayAnswer | RelayNews): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  return Buffer.concat([macOf(key, body), body]);
}

/** Null: somebody else's, or one that was changed on its way. */
export function unseal<Message>(key: string, datagram: Buffer, schema: z.ZodType<Message>): Message | null {
  if (datagram.length <= macBytes) return null;
  const body = datagram.subarray(macBytes);
  if (!timingSafeEqual(datagram.subarray(0, macBytes), macOf(key, body))) return null;
  const parsed = schema.safeParse(JSON.parse(body.toString()));
  return parsed.success ? parsed.data : null;
}

function macOf(key: string, body: Buffer): Buffer {
  return createHmac('sha256', key).update(body).digest();
}
