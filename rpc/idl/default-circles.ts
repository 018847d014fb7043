import type { FaultList } from './fault-list.ts';
import type { ConstantValue, FieldDef, StructDef, ThriftType } from './model.ts';

/** Notes each default that has itself inside, by way of fields that it leaves to their defaults: it would never end. */
export function checkDefaultCircles(structs: Iterable<StructDef>, faults: FaultList): void {
  const underWay = new Set<FieldDef>();
  const done = new Set<FieldDef>();
  const follow = (field: FieldDef): void => {
    if (field.defaultValue === undefined || done.has(field)) return;
    if (underWay.has(field)) {
      faults.add(
        'BANYAN_IDL_VALUE',
        field.at,
        `the default of ${field.name} is made of itself`,
        'Drop it, or give the inner one a value.',
      );
      return;
    }
    underWay.add(field);
    look(field.type, field.defaultValue);
    underWay.delete(field);
    done.add(field);
  };
  const look = (type: ThriftType, value: ConstantValue): void => {
    switch (type.kind) {
      case 'list':
      case 'set':
        for (const element of value as readonly ConstantValue[]) look(type.element, element);
        break;
      case 'map':
        for (const [key, member] of value as ReadonlyMap<ConstantValue, ConstantValue>) {
          look(type.key, key);
          look(type.value, member);
        }
        break;
      case 'struct':
        for (const field of type.struct.fields) {
          const given = value as Readonly<Record<string, ConstantValue>>;
          if (Object.hasOwn(given, field.name)) look(field.type, given[field.name]!);
          else follow(field);
        }
        break;
      default:
        break;
    }
  };
  for (const struct of structs) struct.fields.forEach(follow);
}
