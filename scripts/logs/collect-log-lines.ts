import { constants, createReadStream } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { BanyanError } from '../../common/errors.ts';
import { type LogLine, readLogLine } from './log-line.ts';

export interface CollectOptions {
  /** The request's id, or its trace's. */
  readonly id: string;
  /** Files; folders, of which every log is read, rotated and gzipped ones too; `-` for `stdin`. */
  readonly from: readonly string[];
  readonly directory: string;
  readonly stdin: Readable | undefined;
  readonly signal: AbortSignal;
}

export interface CollectedLines {
  /** By time; a line that says none has that of the line before it in its file. */
  readonly lines: readonly LogLine[];
  readonly files: number;
  /** Lines that were looked at. */
  readonly read: number;
}

/** `router.log`, `router.log.1`, `router.ndjson-20261130.gz`. */
const logFile = /\.(?:log|ndjson|jsonl|json)(?:[.-][\w.-]+)?$/;

/** @throws BanyanError `BANYAN_LOG_FILES`: names every file that cannot be read, before any is. */
export async function collectLogLines(options: CollectOptions): Promise<CollectedLines> {
  const files = await filesOf(options);
  const lines: LogLine[] = [];
  let read = 0;
  for (const file of files) {
    let timeMs: number | null = null;
    try {
      for await (const text of createInterface({
        input: file === '-' ? options.stdin! : contentOf(file, options.signal),
        crlfDelay: Number.POSITIVE_INFINITY,
      })) {
        read += 1;
        const line = readLogLine(text, options.id, file === '-' ? 'stdin' : basename(file));
        if (line === null) continue;
        timeMs = line.timeMs ?? timeMs;
        lines.push({ ...line, timeMs });
      }
    } catch (error) {
      options.signal.throwIfAborted();
      throw unreadable([`${file}: ${error instanceof Error ? error.message : error}`]);
    }
  }
  const at = (line: LogLine) => line.timeMs ?? 0;
  return { lines: lines.sort((one, other) => at(one) - at(other)), files: files.length, read };
}

async function filesOf({ from, directory, stdin }: CollectOptions): Promise<readonly string[]> {
  const faults: string[] = [];
  const files: string[] = [];
  for (const name of from) {
    if (name === '-' && stdin !== undefined) {
      files.push('-');
      continue;
    }
    const path = resolve(directory, name);
    try {
      await access(path, constants.R_OK);
      if ((await stat(path)).isDirectory()) {
        const inside = (await readdir(path)).filter((one) => logFile.test(one)).sort();
        if (inside.length === 0) faults.push(`${name} has no log in it`);
        files.push(...inside.map((one) => join(path, one)));
      } else files.push(path);
    } catch (error) {
      faults.push(`${name}: ${(error as NodeJS.ErrnoException).code}`);
    }
  }
  if (faults.length > 0) throw unreadable(faults);
  return [...new Set(files)];
}

function contentOf(file: string, signal: AbortSignal): Readable {
  const raw = createReadStream(file, { signal });
  // Whoever reads the unpacked content is told of an error of either.
  return file.endsWith('.gz') ? pipeline(raw, createGunzip(), () => undefined) : raw;
}

function unreadable(faults: readonly string[]): BanyanError {
  return new BanyanError('BANYAN_LOG_FILES', `Not every log can be read: ${faults.join('; ')}.`, {
    fix: 'Name files or folders of log lines that this account may read, or - for lines that are piped in.',
  });
}
