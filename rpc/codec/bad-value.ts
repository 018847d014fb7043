/** A value that the IDL does not allow. The path grows outwards while the error climbs: `items[2].price`. */
export class BadValue extends Error {
  path = '';
  /** What the client is told instead (`api.fault` of the innermost field that has it). */
  fault: string | undefined;
  readonly what: string;

  constructor(what: string) {
    super(what);
    this.name = 'BadValue';
    this.what = what;
  }

  /** Notes that the value is the member `name` of what is around it. */
  inMember(name: string): this {
    const step = shortened(name);
    this.path = this.path === '' || this.path.startsWith('[') ? step + this.path : `${step}.${this.path}`;
    return this;
  }

  /** Notes that the value is the element `index` of what is around it. */
  inElement(index: number | string): this {
    const rest = this.path === '' || this.path.startsWith('[') ? this.path : `.${this.path}`;
    this.path = `[${shortened(String(index))}]${rest}`;
    return this;
  }
}

/** Names come from clients: a long one is not told back in full. */
function shortened(name: string): string {
  return name.length <= 100 ? name : `${name.slice(0, 99).toWellFormed()}…`;
}

/** Adds a step to the path of a BadValue, and the field's `api.fault` if it has one; any other error passes unchanged. */
export function withMember(error: unknown, name: string, fault?: string): unknown {
  if (!(error instanceof BadValue)) return error;
  error.fault ??= fault;
  return error.inMember(name);
}

export function withElement(error: unknown, index: number | string): unknown {
  return error instanceof BadValue ? error.inElement(index) : error;
}
