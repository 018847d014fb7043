import type { Readable, Writable } from 'node:stream';
import { type Paint, paintFor } from '../terminal/paint.ts';
import { wrapLines } from '../terminal/wrap-lines.ts';
import type { Hangups } from './hangups.ts';

/** Where a command reads and writes: the process's own streams, or a test's. */
export interface CliIo {
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** Left out, nobody can be asked anything. */
  readonly stdin?: Readable & { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  readonly directory: string;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** SIGHUP, for commands that run for long. */
  readonly hangups?: Hangups;
}

/** How a command hands over what it found: people get text, `--json` gets exactly one JSON value on stdout. */
export class Output {
  readonly #io: CliIo;
  readonly #json: boolean;

  constructor(io: CliIo, json: boolean) {
    this.#io = io;
    this.#json = json;
  }

  /** For the terminal as it is now: it may be made wider or narrower while something is watched. */
  get paint(): Paint {
    return paintFor(this.#io.stdout);
  }

  /** Call it once. `render` is only asked for people, and broken between words where their terminal ends. */
  result(value: unknown, render: (paint: Paint) => string): void {
    this.verbatim(value, (paint) => wrapLines(render(paint), this.#io.stdout.columns));
  }

  /** The same for what people paste elsewhere: statements, files. */
  verbatim(value: unknown, render: (paint: Paint) => string): void {
    this.#io.stdout.write(`${this.#json ? JSON.stringify(value) : render(this.paint)}\n`);
  }

  /** What a process prints once it serves: one JSON line on stdout, for whoever started it. */
  ready(facts: Readonly<Record<string, unknown>>): void {
    this.#io.stdout.write(`${JSON.stringify(facts)}\n`);
  }

  /** A remark beside the result: stderr, so that no pipe swallows or parses it. */
  note(text: string): void {
    this.#io.stderr.write(`${wrapLines(text, this.#io.stderr.columns)}\n`);
  }
}
