import type { Fault } from '../../common/errors.ts';
import { FaultList } from './fault-list.ts';
import type { ConstantDef, EnumDef, FieldDef, Place, ServiceDef, StructDef } from './model.ts';

/** What Apache Thrift's own compiler takes for no name, because some language that it writes could not use it. */
const reserved: ReadonlySet<string> = new Set(
  `BEGIN END __CLASS__ __DIR__ __FILE__ __FUNCTION__ __LINE__ __METHOD__ __NAMESPACE__ abstract alias and args as assert async
  begin break case catch class clone continue cpp_type declare def default del delete do dynamic elif else elseif elsif end
  enddeclare endfor endforeach endif endswitch endwhile ensure except exec finally float for foreach from function global
  goto if implements import in inline instanceof interface is lambda module native new next nil not or package pass public
  print private protected raise redo rescue retry register return self sizeof slist static super switch synchronized then this
  throw transient try undef unless unsigned until use var virtual volatile when while with xor xsd_all xsd_attrs xsd_nillable
  xsd_optional yield
  include cpp_include namespace const typedef enum struct union exception service bool byte i8 i16 i32 i64 double string binary
  extends throws senum list set map required optional true false void oneway`.split(/\s+/),
);

export interface Named {
  readonly structs: Iterable<StructDef>;
  readonly enums: Iterable<EnumDef>;
  readonly constants: Iterable<ConstantDef>;
  readonly services: Iterable<ServiceDef>;
}

/**
 * The names that the official compiler refuses. Warnings only: the compilers of Kitex and Finagle take most of them, and an
 * IDL that a team's own service is built from must not be refused here.
 */
export function reservedWordWarnings({ structs, enums, constants, services }: Named): readonly Fault[] {
  const list = new FaultList();
  const look = (what: string, name: string, at: Place, fix = 'Rename it.'): void => {
    const bare = name.slice(name.lastIndexOf('.') + 1);
    if (!reserved.has(bare)) return;
    list.add(
      'BANYAN_IDL_RESERVED_WORD',
      at,
      `${what} ${bare} has a name that the official compiler refuses`,
      fix,
    );
  };
  const field = (one: FieldDef): void =>
    look(
      'field',
      one.name,
      one.at,
      `Rename it; (api.body = "${one.name}") keeps its name in JSON, (api.query = "${one.name}") in a query.`,
    );
  for (const one of structs) {
    look(one.kind, one.name, one.at);
    one.fields.forEach(field);
  }
  for (const one of enums) {
    look('enum', one.name, one.at);
    for (const member of one.members) look(`member of ${one.name}`, member.name, member.at);
  }
  for (const one of constants) look('constant', one.name, one.at);
  for (const one of services) {
    look('service', one.name, one.at);
    for (const method of one.methods) {
      look('method', method.name, method.at, 'Rename it: its HTTP routes stay as they are.');
      method.args.fields.forEach(field);
      method.throws.forEach(field);
    }
  }
  return list.faults;
}
