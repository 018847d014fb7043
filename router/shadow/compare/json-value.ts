/** A number as it was written: 9007199254740993 and 1.0 keep every digit. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Objects are maps, so that the order of keys is kept and `__proto__` is a key like any. */
export type JsonValue = null | boolean | string | JsonNumber | JsonValue[] | JsonObject;

export type JsonObject = Map<string, JsonValue>;

export type JsonType = 'null' | 'boolean' | 'string' | 'number' | 'array' | 'object';

export function jsonType(value: JsonValue): JsonType {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'boolean';
  if (value instanceof JsonNumber) return 'number';
  return Array.isArray(value) ? 'array' : 'object';
}
