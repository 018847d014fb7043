/** A JSON number that a JavaScript number may not hold exactly: its text. */
export class ExactNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A JSON value that passes as its text: what an `api.raw_json` field takes. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Whether a parsed value is a JSON object. */
export function isObject(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof ExactNumber) &&
    !(value instanceof RawJson)
  );
}

/** Whether a parsed value is null, also where it is taken as text. */
export function isNull(value: unknown): boolean {
  return value === null || (value instanceof RawJson && value.text === 'null');
}

/** Where the text stops being JSON. */
export class JsonSyntaxError extends Error {
  readonly offset: number;

  constructor(what: string, offset: number) {
    super(`${what} at offset ${offset}`);
    this.name = 'JsonSyntaxError';
    this.offset = offset;
  }
}

/** Which values of a JSON text are taken as their text, seen from a value downwards. */
export interface RawPlan {
  /** The value itself is. */
  readonly isRaw: boolean;
  /** Members of an object by name; null: all are as `each` says. */
  readonly members: ReadonlyMap<string, RawPlan> | null;
  /** Elements of an array, or members of an object without names of its own. */
  readonly each: RawPlan | null;
  /** Elements of an array that is one [key, value] of a map. */
  readonly pair: readonly [RawPlan | null, RawPlan | null] | null;
}
