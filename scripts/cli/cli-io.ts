import type { Writable } from 'node:stream';
import { type Paint, paintFor } from '../terminal/paint.ts';

/** Where a command reads and writes: the process's own streams, or a test's. */
export interface CliIo {
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  readonly directory: string;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** How a command hands over what it found: people get text, `--json` gets exactly one JSON value on stdout. */
export class Output {
  readonly paint: Paint;
  readonly #io: CliIo;
  readonly #json: boolean;

  constructor(io: CliIo, json: boolean) {
    this.#io = io;
    this.#json = json;
    this.paint = paintFor(io.stdout);
  }

  /** Call it once. `render` is only asked for people. */
  result(value: unknown, render: (paint: Paint) => string): void {
    this.#io.stdout.write(`${this.#json ? JSON.stringify(value) : render(this.paint)}\n`);
  }

  /** What a process prints once it serves: one JSON line on stdout, for whoever started it. */
  ready(facts: Readonly<Record<string, unknown>>): void {
    this.#io.stdout.write(`${JSON.stringify(facts)}\n`);
  }

  /** A remark beside the result: stderr, so that no pipe swallows or parses it. */
  note(text: string): void {
    this.#io.stderr.write(`${text}\n`);
  }
}
