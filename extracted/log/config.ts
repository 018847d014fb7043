import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const port = z.int().min(1).max(65_535);

const sinkInput = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('mysql'),
    host: z.string().default('127.0.0.1'),
    port: port.default(3306),
    user: z.string().default('log'),
    password: z.string().default(''),
    database: z.string().default('log'),
  }),
  z.strictObject({
    kind: z.literal('file'),
    folder: z.string().min(1),
    /** A day's file that has grown to it is followed by another one. */
    maxBytes: z
      .int()
      .min(1_000)
      .default(100 * 1024 * 1024),
  }),
  z.strictObject({
    kind: z.literal('syslog'),
    protocol: z.enum(['tcp', 'udp']).default('tcp'),
    host: z.string().default('127.0.0.1'),
    port,
  }),
]);

export type SinkConfig = z.output<typeof sinkInput>;

/** What the service takes from its environment, read once at the start; the sink is in a file, which is read again at SIGHUP. */
export interface LogServiceConfig {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly sinkFile: string;
}

/** @throws Error that names the variable */
export function readConfig(env: NodeJS.ProcessEnv): LogServiceConfig {
  const text = env.PORT || '7406';
  if (!/^\d+$/.test(text) || Number(text) > 65_535) {
    throw new Error(`PORT=${text} is not a port: set it to a number from 0 to 65535.`);
  }
  if (!env.LOG_SINK_FILE) {
    throw new Error(
      'LOG_SINK_FILE is not set: name a JSON file like {"kind":"file","folder":"/var/log/shop"}.',
    );
  }
  return { host: env.LISTEN_HOST || '127.0.0.1', port: Number(text), sinkFile: env.LOG_SINK_FILE };
}

/** @throws Error with all faults of the file at once */
export async function readSink(file: string): Promise<SinkConfig> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file} cannot be read as JSON: ${(error as Error).message}`);
  }
  const parsed = sinkInput.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'sink'}: ${message}`);
  throw new Error(`${file} names no sink: ${faults.join('; ')}`);
}
