import type { TableDefinition, TableOption } from './table-definition.ts';
import type { Translation } from './translation.ts';

/** Options that both engines know. */
const shared =
  /^(ROW_FORMAT|KEY_BLOCK_SIZE|STATS_PERSISTENT|STATS_AUTO_RECALC|STATS_SAMPLE_PAGES|AVG_ROW_LENGTH|MAX_ROWS|MIN_ROWS|CHECKSUM|PACK_KEYS|DELAY_KEY_WRITE)$/;
/** Where the files lie is each server's own matter, also between two of one engine. */
const places = /^(DATA DIRECTORY|INDEX DIRECTORY|TABLESPACE|UNION|INSERT_METHOD|CONNECTION)$/;

export function translateOptions(source: TableDefinition, translation: Translation): TableOption[] {
  const kept: TableOption[] = [];
  const left: TableOption[] = [];
  for (const option of source.options) {
    const goes = !places.test(option.name) && (translation.same || shared.test(option.name));
    (goes ? kept : left).push(option);
  }
  if (left.length > 0) {
    const encrypted = left.some((option) => /^ENCRYPT(ION|ED)$/.test(option.name));
    translation.note(
      `the table loses ${left.map((option) => `${option.name}=${option.value}`).join(', ')}`,
      encrypted
        ? 'Encrypt it on the target by that server’s own means, if it must be.'
        : 'Nothing: values are the same; say on the target how the table is to be stored.',
    );
  }
  return kept;
}
