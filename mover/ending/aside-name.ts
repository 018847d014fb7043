import { createHash } from 'node:crypto';
import { fileName } from '../watch/file-name.ts';

const prefix = 'banyan_finished_';

/** Both engines: 64 characters; and a file's name of 255 bytes, in which a partition and its suffix must fit too. */
const longest = { characters: 64, bytes: 180 };

/** The name that legacy's table has once its feature is finished. */
export function asideName(table: string): string {
  const fits = (name: string) =>
    [...name].length <= longest.characters && fileName(name).length <= longest.bytes;
  const whole = `${prefix}${table}`;
  if (fits(whole)) return whole;
  const hash = createHash('sha256').update(table).digest('hex').slice(0, 10);
  const characters = [...table];
  while (!fits(`${prefix}${characters.join('')}_${hash}`)) characters.pop();
  return `${prefix}${characters.join('')}_${hash}`;
}
