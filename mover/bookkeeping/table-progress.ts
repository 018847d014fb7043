import { z } from 'zod';
import { BanyanError } from '../../common/errors.ts';
import type { KeyValues } from '../plan/key-range.ts';

/** How far one table's copy is. The only thing a resumed copy goes by; plain JSON. */
export interface TableProgress {
  /** `copying` also before the first chunk. */
  readonly state: 'copying' | 'copied';
  /** Rows up to and with this key have landed: each key column's raw bytes in hex. Null before the first chunk. */
  readonly after: readonly string[] | null;
  readonly rowsDone: number;
  readonly chunks: number;
}

export const newTableProgress: TableProgress = { state: 'copying', after: null, rowsDone: 0, chunks: 0 };

const schema = z.object({
  state: z.enum(['copying', 'copied']),
  after: z.array(z.string().regex(/^([0-9a-f]{2})*$/)).nullable(),
  rowsDone: z.number(),
  chunks: z.number(),
});

export function parseTableProgress(text: string, moveId: string, table: string): TableProgress {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new BanyanError(
      'BANYAN_PROGRESS_UNREADABLE',
      `the progress of ${moveId}, table ${table}, cannot be read`,
      {
        fix: 'Another version of banyan wrote it: finish the copy with that version, or restart the copy.',
        cause: error,
      },
    );
  }
}

export function keyToProgress(key: KeyValues): string[] {
  return key.map((value) => (value ?? Buffer.alloc(0)).toString('hex'));
}

export function keyFromProgress(after: readonly string[] | null): KeyValues | null {
  return after === null ? null : after.map((hex) => Buffer.from(hex, 'hex'));
}
