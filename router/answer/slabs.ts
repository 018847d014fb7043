/** As much as one read of an upstream's connection brings. */
const slabBytes = 64 * 1024;
/** Shorter pieces cost less as memory of V8's own. */
const shortest = 8 * 1024;
/** What is kept for the next answers, 4 MiB. */
const mostKept = 64;

/**
 * Memory for pieces of answers on their way to clients, used again and again. Taken anew for each piece, it is given back to the system and
 * got from it again by the megabyte, and the system clears every page of it: with large answers that is most of what they cost.
 */
export class Slabs {
  readonly #free: Buffer[] = [];

  /** A copy of the piece; with `giveBack` where it is to be given back, once nobody reads it any more. */
  copy(piece: Buffer): { readonly copy: Buffer; readonly giveBack: ((error?: Error | null) => void) | null } {
    if (piece.length < shortest || piece.length > slabBytes)
      return { copy: Buffer.from(piece), giveBack: null };
    const slab = this.#free.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
    piece.copy(slab);
    return {
      copy: slab.subarray(0, piece.length),
      giveBack: (error) => {
        // Whether a write that failed is over with is the system's secret.
        if (!error && this.#free.length < mostKept) this.#free.push(slab);
      },
    };
  }
}
