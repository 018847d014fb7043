import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What one program has compiled the next need not compile again: a start takes half as long. */
const compiled = fileURLToPath(new URL('../../../node_modules/.cache/node-compile', import.meta.url));

type Line = Readonly<Record<string, unknown>>;

/** A Node program that says `{"ready":true,…}`: it can be killed, frozen and started again. */
export class Program implements AsyncDisposable {
  readonly name: string;
  readonly #args: readonly string[];
  readonly #onLine: (line: Line) => void;
  #child: ChildProcess | null = null;
  #said: string[] = [];
  #stillSince: number | null = null;

  constructor(name: string, args: readonly string[], onLine: (line: Line) => void = () => undefined) {
    this.name = name;
    this.#args = args;
    this.#onLine = onLine;
  }

  get pid(): number {
    return this.#child?.pid ?? -1;
  }

  /** Since when it does nothing, being frozen or dead, by performance.now(); null: it runs. */
  get stillSince(): number | null {
    return this.#stillSince;
  }

  /** The last lines that it printed. */
  get said(): string {
    return this.#said.join('\n');
  }

  async start(): Promise<void> {
    const child = spawn(process.execPath, [...this.#args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { NODE_COMPILE_CACHE: compiled, ...process.env },
    });
    this.#child = child;
    this.#stillSince = null;
    const exited = once(child, 'exit');
    // What was written to a process that has just been killed.
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stderr }).on('line', (line) => this.#remember(line));
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (text) => {
        this.#remember(text);
        const line: Line = text.startsWith('{') ? JSON.parse(text) : {};
        if (line.ready) resolve();
        this.#onLine(line);
      });
      exited.then(
        ([code, signal]) => reject(new Error(`${this.name} ended (${code ?? signal}): ${this.said}`)),
        reject,
      );
    });
  }

  tell(line: string): void {
    this.#child?.stdin?.write(`${line}\n`);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    this.#stillSince = performance.now();
    await exited;
  }

  freeze(): void {
    this.#child?.kill('SIGSTOP');
    this.#stillSince = performance.now();
  }

  wake(): void {
    this.#child?.kill('SIGCONT');
    this.#stillSince = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #remember(line: string): void {
    this.#said.push(line);
    if (this.#said.length > 30) this.#said.shift();
  }
}
