import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import type { Change } from '../document.ts';
import type { Position, SearchEngine, SearchIndex } from '../search-index.ts';
import { EmbeddedIndex, type EmbeddedOptions } from './embedded-index.ts';

/** The first line of the file. Another number: it is of another version, and is made anew. */
interface Header {
  readonly format: 1;
  readonly position: Position;
}

const batch = 500;

/**
 * Indexes in this process's memory. With a folder the one that answers is written to a file now and then, so that a start needs neither the
 * feed nor the products' owner: a header with its position, then a change a line. Lines are written while changes go on, so that one may be
 * newer than the position: the feed brings it again.
 */
export class EmbeddedEngine implements SearchEngine {
  readonly #options: EmbeddedOptions;
  readonly #file: string | null;
  readonly #folder: string | null;
  #current: EmbeddedIndex | null = null;
  #saved: Position | null = null;
  #saving: Promise<void> = Promise.resolve();

  /** @param folder null: nothing is kept */
  constructor(folder: string | null, options: EmbeddedOptions) {
    this.#folder = folder;
    this.#file = folder === null ? null : join(folder, 'index.ndjson');
    this.#options = options;
  }

  /** @throws Error when the file is there and cannot be read: it is deleted by hand, or its folder is another's */
  async open(): Promise<SearchIndex | null> {
    if (this.#file === null) return null;
    this.#current = await read(this.#file, this.#options);
    this.#saved = this.#current?.position ?? null;
    return this.#current;
  }

  create(position: Position): Promise<SearchIndex> {
    return Promise.resolve(new EmbeddedIndex(position, this.#options));
  }

  swap(next: SearchIndex): Promise<void> {
    this.#current = next as EmbeddedIndex;
    this.#saved = null;
    return Promise.resolve();
  }

  drop(): Promise<void> {
    return Promise.resolve();
  }

  /** One after the other; nothing is written where nothing was applied. */
  save(): Promise<void> {
    const saved = this.#saving.then(() => this.#save());
    this.#saving = saved.catch(() => undefined);
    return saved;
  }

  async close(): Promise<void> {
    await this.save();
  }

  async #save(): Promise<void> {
    const index = this.#current;
    if (this.#file === null || index === null || index.position === this.#saved) return;
    const { position } = index;
    await mkdir(this.#folder!, { recursive: true });
    // Of this process: another one that writes here too replaces a whole file by a whole file.
    const file = `${this.#file}.${process.pid}`;
    try {
      await write(file, { format: 1, position }, index.contents());
      await rename(file, this.#file);
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
    this.#saved = position;
  }
}

async function write(file: string, header: Header, contents: Iterable<Change>): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    let lines = [JSON.stringify(header)];
    for (const change of contents) {
      lines.push(JSON.stringify(change));
      if (lines.length < batch) continue;
      await handle.write(`${lines.join('\n')}\n`);
      lines = [];
    }
    // A file without its last line was cut off.
    lines.push('{"end":true}');
    await handle.write(`${lines.join('\n')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function read(file: string, options: EmbeddedOptions): Promise<EmbeddedIndex | null> {
  let index: EmbeddedIndex | null = null;
  let ended = false;
  let changes: Change[] = [];
  const apply = async () => {
    await index!.apply(changes, index!.position);
    changes = [];
    await turn();
  };
  try {
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const said = JSON.parse(line) as Header | Change | { end: true };
      if (index === null) {
        if (!('format' in said) || said.format !== 1) return null;
        index = new EmbeddedIndex(said.position, options);
      } else if ('end' in said) ended = true;
      else changes.push(said as Change);
      if (changes.length === batch) await apply();
    }
    if (index === null || !ended) return null;
    await apply();
    return index;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}
