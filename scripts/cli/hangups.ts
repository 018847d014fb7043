/**
 * What SIGHUP means to a process that runs for long: read your config again, as for any daemon. To a command that somebody runs in a
 * terminal it means that the terminal is gone.
 */
export class Hangups {
  readonly #inTerminal: boolean;
  #handler: (() => void) | null = null;

  constructor(inTerminal: boolean) {
    this.#inTerminal = inTerminal;
  }

  handle(handler: () => void): void {
    this.#handler = handler;
  }

  /** True if it was handled; else it is an interrupt like the others. */
  take(): boolean {
    if (this.#handler === null || this.#inTerminal) return false;
    this.#handler();
    return true;
  }
}
