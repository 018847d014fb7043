import { z } from 'zod';

type WithoutDefaults<Schema extends z.ZodType> = z.ZodOptional<
  z.ZodType<Exclude<z.input<Schema>, undefined>>
>;

/**
 * Settings that another room declares with their defaults, as a user may write them: each may be left out and is then left out here, too,
 * so that the defaults stay where the settings are used.
 */
export function withoutDefaults<Shape extends Readonly<Record<string, z.ZodType>>>(
  shape: Shape,
): { [Name in keyof Shape]: WithoutDefaults<Shape[Name]> } {
  const entries = Object.entries(shape).map(([name, schema]) => [name, bare(schema).optional()]);
  return Object.fromEntries(entries);
}

function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return bare(schema.unwrap() as z.ZodType);
  }
  if (schema instanceof z.ZodUnion) return z.union((schema.options as z.ZodType[]).map(bare));
  if (schema instanceof z.ZodObject) return z.strictObject(withoutDefaults(schema.shape));
  return schema;
}
