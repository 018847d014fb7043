import { ApiError, invalid } from '../http/api-error.ts';
import { type ProductFields, productStatuses } from './product.ts';

type Body = Readonly<Record<string, unknown>>;

interface FieldRule {
  /** Completes "<field> must be …". */
  readonly rule: string;
  /** What kind of JSON value it is; told apart first, for all fields, before any value is judged. */
  readonly type: (value: unknown) => boolean;
  readonly holds: (value: never) => boolean;
}

const isString = (value: unknown) => typeof value === 'string';
const isStatus = (value: unknown) => productStatuses.some((status) => status === value);
/** Fits 64 bits: what lies beyond is no number to any column of ours. */
const isWhole = (value: unknown) => Number.isInteger(value) && Math.abs(value as number) < 2 ** 63;
/** In characters as MySQL counts them, not in UTF-16 units. */
const lengthWithin = (min: number, max: number) => (text: string) => {
  const length = [...text].length;
  return length >= min && length <= max;
};

const rules: Readonly<Record<keyof ProductFields, FieldRule>> = {
  shopId: {
    rule: 'a positive whole number',
    type: isWhole,
    holds: (value: number) => value > 0 && value <= 4_294_967_295,
  },
  sku: {
    rule: '1 to 64 letters, digits, dots, dashes or underscores',
    type: isString,
    holds: (value: string) => /^[\w.-]{1,64}$/.test(value),
  },
  name: { rule: '1 to 200 characters', type: isString, holds: lengthWithin(1, 200) },
  description: { rule: 'at most 5000 characters', type: isString, holds: lengthWithin(0, 5000) },
  price: {
    rule: 'a decimal like "12.50"',
    type: isString,
    holds: (value: string) => /^\d{1,10}(\.\d{1,2})?$/.test(value),
  },
  status: {
    rule: `one of ${productStatuses.join(', ')}`,
    type: isStatus,
    holds: () => true,
  },
  attributes: {
    rule: 'an object nested at most 16 deep, or null',
    type: (value) => typeof value === 'object' && !Array.isArray(value),
    holds: (value: object | null) => nestsWithin(value, 16),
  },
};
const fieldNames = Object.keys(rules) as (keyof ProductFields)[];
const defaults = { description: '', status: 'draft', attributes: null } as const;

/** A whole product, as POST and PUT want it. @throws ApiError 400 naming the first field at fault. */
export function wholeProduct(body: Body): ProductFields {
  return check({ ...defaults, ...pick(body) }, fieldNames) as ProductFields;
}

/** The members that a PATCH changes. @throws ApiError 400 naming the first field at fault. */
export function changedFields(body: Body): Partial<ProductFields> {
  const fields = check(pick(body), []);
  if (Object.keys(fields).length === 0)
    throw new ApiError(400, 'bad_request', 'The request body changes nothing.');
  return fields;
}

/** Members that no product has are ignored. */
function pick(body: Body): Body {
  return Object.fromEntries(
    fieldNames.filter((name) => Object.hasOwn(body, name)).map((name) => [name, body[name]]),
  );
}

function check(fields: Body, required: readonly (keyof ProductFields)[]): Partial<ProductFields> {
  for (const name of fieldNames) {
    const present = Object.hasOwn(fields, name);
    if (present ? !rules[name].type(fields[name]) : required.includes(name)) {
      throw invalid(name, rules[name].rule);
    }
  }
  for (const name of fieldNames) {
    if (Object.hasOwn(fields, name) && !rules[name].holds(fields[name] as never)) {
      throw invalid(name, rules[name].rule);
    }
  }
  return fields as Partial<ProductFields>;
}

function nestsWithin(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((member) => nestsWithin(member, levels - 1));
}
