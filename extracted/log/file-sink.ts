import { type FileHandle, mkdir, open, readdir, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { compareEntries, type PageRequest, type Sink } from './sink.ts';
import type { Entry } from './thrift-types.ts';

interface OpenFile {
  readonly name: string;
  readonly handle: FileHandle;
  bytes: number;
}

interface Day {
  readonly ids: Set<string>;
  /** Parts of it that there are: `DAY.ndjson`, `DAY.1.ndjson`, … */
  parts: number;
  file: OpenFile | null;
}

/** Days that stay open at once: yesterday's last entries come after midnight. */
const maxDays = 3;

/**
 * Lines of JSON in a folder, a file a day and another one when it has grown to `maxBytes`. An append is done when it is on the disk. A line
 * that a killed process left half-written is cut off when its day is opened again: nobody was told that it is kept.
 */
export class FileSink implements Sink {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #days = new Map<string, Day>();
  /** One write after the other: lines never mix. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  append(entries: readonly Entry[]): Promise<void> {
    return this.#alone(async () => {
      for (const [day, ofDay] of Map.groupBy(entries, ({ at }) => at.slice(0, 10)))
        await this.#write(day, ofDay);
    });
  }

  async query({ day, after, limit, newestFirst }: PageRequest): Promise<readonly Entry[]> {
    const sign = newestFirst ? -1 : 1;
    const names = (await namesOf(this.#folder, day)).map((name) =>
      readFile(join(this.#folder, name), 'utf8'),
    );
    const lines = (await Promise.all(names)).flatMap((text) =>
      text.slice(0, text.lastIndexOf('\n') + 1).split('\n'),
    );
    return lines
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Entry)
      .filter((entry) => after === null || compareEntries(entry, after) * sign > 0)
      .sort((a, b) => compareEntries(a, b) * sign)
      .slice(0, limit);
  }

  close(): Promise<void> {
    return this.#alone(async () => {
      for (const { file } of this.#days.values()) await file?.handle.close();
      this.#days.clear();
    });
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #write(name: string, entries: readonly Entry[]): Promise<void> {
    const day = await this.#open(name);
    const fresh = [...new Map(entries.map((entry) => [entry.id, entry])).values()].filter(
      ({ id }) => !day.ids.has(id),
    );
    if (fresh.length === 0) return;
    const lines = Buffer.from(fresh.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    const file = await this.#fileOf(name, day);
    try {
      await file.handle.appendFile(lines);
      await file.handle.datasync();
    } catch (error) {
      // How much of it is there is found out when the day is opened again.
      this.#days.delete(name);
      await file.handle.close().catch(() => undefined);
      throw error;
    }
    file.bytes += lines.length;
    for (const { id } of fresh) day.ids.add(id);
  }

  async #open(name: string): Promise<Day> {
    const known = this.#days.get(name);
    if (known !== undefined) return known;
    await mkdir(this.#folder, { recursive: true });
    const files = await namesOf(this.#folder, name);
    const ids = new Set<string>();
    for (const file of files) {
      const path = join(this.#folder, file);
      const bytes = await readFile(path);
      const whole = bytes.lastIndexOf(10) + 1;
      if (whole < bytes.length) await truncate(path, whole);
      for (const line of bytes.subarray(0, whole).toString().split('\n')) {
        if (line !== '') ids.add((JSON.parse(line) as Entry).id);
      }
    }
    const day: Day = { ids, parts: files.length, file: null };
    this.#days.set(name, day);
    if (this.#days.size > maxDays) {
      const [oldest] = [...this.#days.keys()].filter((other) => other !== name).sort();
      await this.#days.get(oldest!)?.file?.handle.close();
      this.#days.delete(oldest!);
    }
    return day;
  }

  async #fileOf(name: string, day: Day): Promise<OpenFile> {
    if (day.file !== null && day.file.bytes < this.#maxBytes) return day.file;
    const grown = day.file !== null;
    await day.file?.handle.close();
    if (grown || day.parts === 0) day.parts += 1;
    const file = partName(name, day.parts - 1);
    const handle = await open(join(this.#folder, file), 'a');
    const { size } = await stat(join(this.#folder, file));
    day.file = { name: file, handle, bytes: size };
    return day.file.bytes < this.#maxBytes ? day.file : this.#fileOf(name, day);
  }
}

function partName(day: string, part: number): string {
  return part === 0 ? `${day}.ndjson` : `${day}.${part}.ndjson`;
}

/** Of one day, in the order in which they were written. */
async function namesOf(folder: string, day: string): Promise<string[]> {
  const names = new Set(await readdir(folder).catch(() => []));
  const found: string[] = [];
  while (names.has(partName(day, found.length))) found.push(partName(day, found.length));
  return found;
}
