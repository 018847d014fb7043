import { randomInt } from 'node:crypto';
import type { CompareSettings } from './compare-settings.ts';
import { decimalValue } from './decimal-value.ts';
import { JsonNumber, type JsonValue } from './json-value.ts';

/** Made anew in every process, so that nobody can prepare values that collide. */
const seed = randomInt(2 ** 31);

/** A number of 52 bits for each value, equal for equal values: by it elements of arrays are found again. */
export class Digests {
  readonly #settings: CompareSettings;
  readonly #known = new Map<object, number>();

  constructor(settings: CompareSettings) {
    this.#settings = settings;
  }

  of(value: JsonValue): number {
    if (value === null) return 1;
    if (value === true) return 2;
    if (value === false) return 3;
    if (typeof value === 'string') return hashText(value, 4);
    const known = this.#known.get(value);
    if (known !== undefined) return known;
    const digest = this.#make(value);
    this.#known.set(value, digest);
    return digest;
  }

  #make(value: Exclude<JsonValue, null | boolean | string>): number {
    const { numbers, keyOrder } = this.#settings;
    if (value instanceof JsonNumber) {
      return hashText(numbers === 'value' ? decimalValue(value.text) : value.text, 5);
    }
    if (Array.isArray(value)) return value.reduce<number>((sum, item) => mix(sum, this.of(item)), 6);
    let digest = 7;
    for (const [key, item] of value) {
      const entry = mix(hashText(key, 8), this.of(item));
      digest = keyOrder === 'compare' ? mix(digest, entry) : (digest + entry) % 2 ** 52;
    }
    return digest;
  }
}

function hashText(text: string, kind: number): number {
  let high = seed ^ kind;
  let low = 0x9e3779b9 ^ kind;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 0x85ebca6b);
    low = Math.imul(low ^ code, 0xc2b2ae35);
    high ^= low >>> 15;
    low ^= high >>> 13;
  }
  return join(high, low);
}

function mix(a: number, b: number): number {
  let high = Math.imul((a / 2 ** 32) ^ seed, 0x85ebca6b) ^ Math.imul(b / 2 ** 32, 0xcc9e2d51);
  let low = Math.imul((a >>> 0) ^ 0x9e3779b9, 0xc2b2ae35) ^ Math.imul(b >>> 0, 0x1b873593);
  high = Math.imul(high ^ (low >>> 15), 0x85ebca6b);
  low = Math.imul(low ^ (high >>> 13), 0xc2b2ae35);
  return join(high ^ (low >>> 16), low);
}

function join(high: number, low: number): number {
  return (high & 0xfffff) * 2 ** 32 + (low >>> 0);
}
