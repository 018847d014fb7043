import type { ProtocolReader } from './protocol.ts';
import { maxLevels, TType } from './types.ts';
import { malformed, Underrun } from './wire-error.ts';

/** A struct, or a container with values left to come. */
interface Level {
  /** -1: a struct, which ends by itself. */
  left: number;
  readonly even: number;
  readonly odd: number;
}

/**
 * Finds the end of a message that arrives piece by piece. It goes on where it stopped, so the cost is linear however
 * small the pieces are.
 */
export class MessageScanner {
  readonly #reader: ProtocolReader;
  readonly #levels: Level[] = [];
  #offset = 0;
  #begun = false;

  constructor(reader: ProtocolReader) {
    this.#reader = reader;
  }

  /** The end of the message that begins at `start`, or -1 where it is not whole yet: then call again with more bytes. */
  scan(buf: Buffer, start: number): number {
    const reader = this.#reader;
    reader.reset(buf, start, buf.length);
    reader.pos = start + this.#offset;
    for (;;) {
      const before = reader.pos;
      try {
        if (!this.#begun) {
          reader.message();
          this.#begun = true;
          this.#levels.push({ left: -1, even: 0, odd: 0 });
        } else {
          this.#step();
        }
      } catch (error) {
        if (!(error instanceof Underrun)) throw error;
        this.#offset = before - start;
        return -1;
      }
      if (this.#levels.length === 0) {
        this.#begun = false;
        this.#offset = 0;
        return reader.pos;
      }
    }
  }

  #step(): void {
    const level = this.#levels.at(-1)!;
    const reader = this.#reader;
    if (level.left === -1) {
      const type = reader.field();
      if (type === 0) this.#levels.pop();
      else this.#enter(type);
      return;
    }
    if (level.left === 0) {
      this.#levels.pop();
      return;
    }
    const type = level.left % 2 === 0 ? level.even : level.odd;
    this.#enter(type);
    level.left--;
  }

  #enter(type: number): void {
    const reader = this.#reader;
    if (type === TType.struct) {
      this.#push({ left: -1, even: 0, odd: 0 });
    } else if (type === TType.list || type === TType.set) {
      const left = reader.list();
      this.#push({ left, even: reader.elementType, odd: reader.elementType });
    } else if (type === TType.map) {
      const left = reader.map() * 2;
      // Keys come while an even number of values is left.
      this.#push({ left, even: reader.keyType, odd: reader.valueType });
    } else {
      reader.skip(type);
    }
  }

  #push(level: Level): void {
    if (this.#levels.length > maxLevels) throw malformed(`it is nested deeper than ${maxLevels}`);
    this.#levels.push(level);
  }
}
