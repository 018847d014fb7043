import { rename, writeFile } from 'node:fs/promises';
import type { DatabaseEndpoint } from '../../common/database-endpoint.ts';

/** Where everything of a running stack is: what `--info FILE` writes. */
export interface StackInfo {
  /** One for each replica. */
  readonly router: readonly string[];
  /** `/readyz`, `/livez` and `/metrics` of each replica; empty while it is not running. */
  readonly routerHealth: readonly string[];
  readonly legacy: string;
  /** The product service's `/readyz`, `/livez` and `/metrics`; empty while it is not running. */
  readonly productHealth: string;
  readonly admin: { readonly url: string; readonly tokenFile: string };
  /** As their administrator. */
  readonly databases: { readonly legacy: DatabaseEndpoint; readonly product: DatabaseEndpoint };
  /** Process ids. */
  readonly processes: {
    readonly legacy: number;
    readonly product: number;
    readonly router: readonly number[];
    readonly control: number;
    readonly legacyDb: number;
    readonly productDb: number;
    readonly dynamodb?: number;
    readonly benefits?: number;
    readonly nats?: number;
    readonly relay?: number;
  };
  /** Only where `--events` was asked for. */
  readonly nats?: string;
  /** Only where `--benefits` was asked for. */
  readonly localAws?: { readonly lambda: string; readonly dynamodb: string };
}

/** Replaces the file in one step: whoever reads it sees the old one or the new one, never half of one. */
export async function writeStackInfo(file: string, info: StackInfo): Promise<void> {
  const partial = `${file}.${process.pid}.partial`;
  await writeFile(partial, `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 });
  await rename(partial, file);
}
