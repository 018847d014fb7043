/** Takes the bytes of a packet behind its header, which are its own only until it returns. False: no more for now. */
export type TakePacket = (buffer: Buffer, start: number, end: number, sequence: number) => boolean;

const headerBytes = 4;
/** A packet of this length goes on in the next one. */
const longest = 0xff_ffff;
/** What a long packet has made larger is given back. */
const keptBytesMax = 1 << 20;

/**
 * Cuts what a server sends into packets (MySQL client/server protocol, "Protocol::Packet"), wherever the network has cut it. A packet that
 * is whole is not copied.
 */
export class PacketSplitter {
  readonly #take: TakePacket;
  /** Bytes of a packet that is not whole, or that is not taken yet. */
  #rest = Buffer.alloc(0);
  #restBytes = 0;
  /** Of one that is longer than a packet can be. */
  #parts: Buffer[] = [];
  #sequence: number;

  /** `sequence`: the number of the packet that comes first. */
  constructor(sequence: number, take: TakePacket) {
    this.#sequence = sequence;
    this.#take = take;
  }

  /** @throws Error where packets do not come in their order, and whatever `take` throws. */
  push(bytes: Buffer): void {
    if (this.#restBytes === 0) {
      this.#keep(bytes, this.#cut(bytes, bytes.length), bytes.length);
      return;
    }
    this.#append(bytes);
    this.goOn();
  }

  /** With what is left of the bytes before. */
  goOn(): void {
    const bytes = this.#rest;
    const end = this.#restBytes;
    this.#restBytes = 0;
    this.#keep(bytes, this.#cut(bytes, end), end);
    if (this.#restBytes === 0 && bytes.length > keptBytesMax) this.#rest = Buffer.alloc(0);
  }

  /** Where the first packet begins that is not whole, or that is not taken. */
  #cut(bytes: Buffer, end: number): number {
    let at = 0;
    while (at + headerBytes <= end) {
      const length = lengthAt(bytes, at);
      const start = at + headerBytes;
      const next = start + length;
      if (next > end) break;
      const sequence = bytes[at + 3] as number;
      if (sequence !== this.#sequence) {
        throw new Error(`packet ${sequence} came where packet ${this.#sequence} was expected`);
      }
      this.#sequence = (sequence + 1) & 0xff;
      at = next;
      let goesOn = true;
      if (length === longest) this.#parts.push(Buffer.from(bytes.subarray(start, next)));
      else if (this.#parts.length === 0) goesOn = this.#take(bytes, start, next, sequence);
      else {
        const whole = Buffer.concat([...this.#parts, bytes.subarray(start, next)]);
        this.#parts = [];
        goesOn = this.#take(whole, 0, whole.length, sequence);
      }
      if (!goesOn) break;
    }
    return at;
  }

  #keep(bytes: Buffer, from: number, end: number): void {
    const count = end - from;
    if (count > 0 && this.#rest.length < count) this.#rest = Buffer.allocUnsafe(count);
    if (count > 0) bytes.copy(this.#rest, 0, from, end);
    this.#restBytes = count;
  }

  #append(bytes: Buffer): void {
    const count = this.#restBytes + bytes.length;
    if (count > this.#rest.length) {
      // Room for the whole packet at once, so that a long one is not moved again for each piece of it.
      const whole = this.#restBytes >= 3 ? headerBytes + lengthAt(this.#rest, 0) : 0;
      const larger = Buffer.allocUnsafe(Math.max(count, whole));
      this.#rest.copy(larger, 0, 0, this.#restBytes);
      this.#rest = larger;
    }
    bytes.copy(this.#rest, this.#restBytes);
    this.#restBytes = count;
  }
}

function lengthAt(bytes: Buffer, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16);
}
