import { mkdir } from 'node:fs/promises';

/**
 * A server's own folder for temporary tables, beside its data directory. A MariaDB that starts deletes every `#sql…` file
 * of its temporary folder as a leftover: in a shared one those of the servers that run, the machine's own included.
 */
export function temporaryFolder(dataDir: string): string {
  return `${dataDir}.tmp`;
}

export async function ensureTemporaryFolder(dataDir: string): Promise<string> {
  const folder = temporaryFolder(dataDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}
