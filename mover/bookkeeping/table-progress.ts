import { z } from 'zod';
import { BanyanError } from '../../common/errors.ts';
import type { KeyValues } from '../plan/key-range.ts';

/** A key's values as they are kept: each column's raw bytes in hex. Null is an open end. */
type ProgressKey = readonly string[] | null;

/** A range of keys, as it is kept. */
export interface ProgressRange {
  readonly after: ProgressKey;
  readonly upTo: ProgressKey;
}

/** How far one table's copy is. The only thing a resumed copy goes by; plain JSON. */
export interface TableProgress {
  /** `copying` also before the first chunk. */
  readonly state: 'copying' | 'copied';
  /** Rows up to and with this key have landed. Null before the first chunk. */
  readonly after: ProgressKey;
  /** What has landed beyond, in key order: several workers do not end in the order in which they began. */
  readonly ahead: readonly ProgressRange[];
  readonly rowsDone: number;
  readonly bytesDone: number;
  readonly chunks: number;
}

export const newTableProgress: TableProgress = {
  state: 'copying',
  after: null,
  ahead: [],
  rowsDone: 0,
  bytesDone: 0,
  chunks: 0,
};

export const keySchema = z.array(z.string().regex(/^([0-9a-f]{2})*$/)).nullable();

const schema = z.object({
  state: z.enum(['copying', 'copied']),
  after: keySchema,
  // Both are missing in what earlier versions wrote.
  ahead: z.array(z.object({ after: keySchema, upTo: keySchema })).default([]),
  rowsDone: z.number(),
  bytesDone: z.number().default(0),
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

export function keyFromProgress(after: ProgressKey): KeyValues | null {
  return after === null ? null : after.map((hex) => Buffer.from(hex, 'hex'));
}
