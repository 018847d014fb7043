import { readFile, rename, writeFile } from 'node:fs/promises';
import { type Cell, describeCell } from './cells.ts';

/** How a cell went when it was last run. */
export interface Entry {
  readonly engine: string;
  readonly deed: string;
  readonly point: string;
  readonly variant: string;
  readonly kind: string;
  readonly target: string;
  /** The day, as 2026-11-30. */
  readonly on: string;
  /** The version that was run, as git names it. */
  readonly version: string;
  /** From the end of the fault until all was well, ms; null: it was not, or the cell could not be run. */
  readonly healedMs: number | null;
  /** What was not as it must be; empty when all was. */
  readonly findings: string;
}

const columns = [
  'engine',
  'deed',
  'point',
  'variant',
  'kind',
  'target',
  'on',
  'version',
  'healedMs',
  'findings',
] as const;

/** The last run of every cell that was ever run: a file of tab-separated lines. */
export class Record {
  readonly #file: string;
  readonly #entries: Map<string, Entry>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, entries: Map<string, Entry>) {
    this.#file = file;
    this.#entries = entries;
  }

  static async open(file: string): Promise<Record> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const entries = text
      .split('\n')
      .slice(1)
      .filter((line) => line !== '')
      .map(parse);
    return new Record(file, new Map(entries.map((entry) => [keyOf(entry), entry])));
  }

  get entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  of(cell: Cell): Entry | undefined {
    return this.#entries.get(describeCell(cell));
  }

  /** Whether it was well when it was last run. */
  wasWell(cell: Cell): boolean {
    return this.of(cell)?.findings === '';
  }

  /** Written at once, so that a run that is cut short has counted; of several at a time one after the other. */
  add(cell: Cell, outcome: Pick<Entry, 'on' | 'version' | 'healedMs' | 'findings'>): Promise<void> {
    const { engine, point, fault } = cell;
    this.#entries.set(describeCell(cell), {
      ...{ engine, deed: point.deed, point: point.name, variant: point.variant },
      ...{ kind: fault.kind, target: fault.target, ...outcome },
    });
    // One that failed must not keep the next from being written; whoever added it hears of it.
    const written = this.#writing.catch(() => undefined).then(() => this.#write());
    this.#writing = written;
    return written;
  }

  async #write(): Promise<void> {
    const lines = this.entries
      .map((entry) => columns.map((column) => plain(entry[column])).join('\t'))
      .sort();
    await writeFile(`${this.#file}.new`, `${[columns.join('\t'), ...lines].join('\n')}\n`);
    await rename(`${this.#file}.new`, this.#file);
  }
}

function keyOf({ engine, point, deed, variant, kind, target }: Entry): string {
  const where = { name: point, deed, variant } as Cell['point'];
  return describeCell({ engine, point: where, fault: { kind, target } } as Cell);
}

function plain(value: string | number | null): string {
  return value === null ? '' : String(value).replaceAll(/\s+/g, ' ');
}

function parse(line: string): Entry {
  const values = line.split('\t');
  const entry = Object.fromEntries(columns.map((column, at) => [column, values[at] ?? '']));
  return { ...entry, healedMs: entry.healedMs === '' ? null : Number(entry.healedMs) } as unknown as Entry;
}
