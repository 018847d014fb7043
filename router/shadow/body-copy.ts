/** A request's body, kept as it passes, up to `maxBytes`. */
export class BodyCopy {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  readonly add = (piece: Buffer): void => {
    this.#bytes += piece.length;
    if (this.#bytes > this.#maxBytes) this.#pieces = [];
    else this.#pieces.push(piece);
  };

  /** All of it; null where it was larger. */
  get whole(): Buffer | null {
    return this.#bytes > this.#maxBytes ? null : Buffer.concat(this.#pieces);
  }
}
