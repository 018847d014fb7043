import { BadValue, withElement, withMember } from '../codec/bad-value.ts';
import { wireType } from '../codec/type-of.ts';
import { ValueWriters } from '../codec/value-writer.ts';
import { annotation, type StructDef, type ThriftType } from '../idl/model.ts';
import type { ProtocolWriter } from '../wire/protocol.ts';
import { maxDepth } from '../wire/types.ts';
import { absentField } from './absent-field.ts';
import { type JsonStyle, memberOf } from './json-style.ts';
import { inheritedOptions, isMember, type LeafOptions, leafOptions } from './leaf-options.ts';
import { mapKeyFromText } from './map-key-from-text.ts';
import { repeatChecks } from './repeats.ts';
import { boolText, scalarText, single } from './text-to-thrift.ts';

/** A parameter with parts, `filter[price][_gt]=1`: texts of its own, and parts by name. */
export interface TextNode {
  readonly texts: string[];
  readonly parts: Map<string, TextNode>;
}

/** Writes a value whose parts came as parameters of their own. @throws BadValue */
export type NestedText = (w: ProtocolWriter, node: TextNode) => void;

/** Compiles functions that write structs, maps and lists from parameters with parts. */
export class NestedTextCompiler {
  readonly #structs = new Map<StructDef, NestedText>();
  readonly #values = new ValueWriters();
  readonly #style: JsonStyle;

  /** Which of several texts of a scalar counts; null: none does. */
  readonly #several: 'first' | 'last' | null;

  constructor(style: JsonStyle, several: 'first' | 'last' | null) {
    this.#style = style;
    this.#several = several;
  }

  type(type: ThriftType, options: LeafOptions): NestedText {
    switch (type.kind) {
      case 'struct':
        return this.#struct(type.struct);
      case 'map':
        return this.#map(type, options);
      case 'list':
      case 'set':
        return this.#list(type.element, options, type.kind === 'set');
      default: {
        const write = scalarText(type, options);
        if (write === null) throw new Error(`${type.kind} is no scalar`);
        return (w, node) => write(w, this.#textOf(node));
      }
    }
  }

  #list(element: ThriftType, around: LeafOptions, isSet: boolean): NestedText {
    const write = this.type(element, inheritedOptions(around, element.annotations));
    const type = wireType(element);
    const checks = repeatChecks(element);
    return (w, { texts, parts }) => {
      const nodes = [
        ...texts.map((text): TextNode => ({ texts: [text], parts: new Map() })),
        ...inOrder(parts),
      ];
      w.list(type, nodes.length);
      const refuseRepeated = isSet ? checks() : null;
      nodes.forEach((node, i) => {
        try {
          const start = w.pos;
          write(w, node);
          refuseRepeated?.(w, start);
        } catch (error) {
          throw withElement(error, i);
        }
      });
    };
  }

  #map(type: Extract<ThriftType, { kind: 'map' }>, around: LeafOptions): NestedText {
    const writeKey = mapKeyFromText(type.key, inheritedOptions(around, type.key.annotations));
    if (writeKey === null) throw new Error(`${type.key.kind} is no name of a part`);
    const writeValue = this.type(type.value, inheritedOptions(around, type.value.annotations));
    const checks = repeatChecks(type.key);
    return (w, { texts, parts }) => {
      if (texts.length > 0) throw new BadValue('must have named parts');
      w.map(wireType(type.key), wireType(type.value), parts.size);
      const refuseRepeated = checks();
      for (const [name, node] of parts) {
        try {
          const start = w.pos;
          writeKey(w, name);
          refuseRepeated(w, start);
          writeValue(w, node);
        } catch (error) {
          throw withElement(error, JSON.stringify(name));
        }
      }
    };
  }

  #textOf({ texts, parts }: TextNode): string {
    if (parts.size > 0) throw new BadValue('must be one value, without parts');
    if (this.#several === null) return single(texts);
    return this.#several === 'last' ? texts.at(-1)! : texts[0]!;
  }

  /** A struct that has itself inside finds the function being compiled. */
  #struct(struct: StructDef): NestedText {
    const known = this.#structs.get(struct);
    if (known !== undefined) return known;
    let compiled: NestedText | null = null;
    this.#structs.set(struct, (w, node) => compiled!(w, node));
    compiled = this.#compile(struct);
    return compiled;
  }

  #compile(struct: StructDef): NestedText {
    const members = struct.fields.map((field) => {
      const name = memberOf(field, this.#style);
      const isShown = isMember(field.annotations);
      const isBool = field.type.kind === 'bool';
      const write = isShown
        ? this.type(field.type, leafOptions([...field.type.annotations, ...field.annotations]))
        : null;
      return {
        id: field.id,
        type: wireType(field.type),
        name,
        isBool,
        write,
        absent: absentField(field, this.#values),
        fault: annotation(field.annotations, 'api.fault'),
      };
    });
    const names = new Set(members.flatMap(({ name, write }) => (write === null ? [] : [name])));
    const refusesUnknown = annotation(struct.annotations, 'api.unknown') === 'refuse';
    const isUnion = struct.kind === 'union';
    return (w, { texts, parts }) => {
      if (texts.length > 0) throw new BadValue('must have named parts');
      if (++w.depth > maxDepth) throw new BadValue(`is nested deeper than ${maxDepth}`);
      const unknown = refusesUnknown ? [...parts.keys()].find((name) => !names.has(name)) : undefined;
      if (unknown !== undefined) throw new BadValue('is no known member').inMember(unknown);
      const saved = w.structBegin();
      let written = 0;
      for (const { id, type, name, isBool, write, absent, fault } of members) {
        const node = write === null ? undefined : parts.get(name);
        try {
          if (node === undefined) {
            if (absent(w)) written++;
            continue;
          }
          if (isBool) w.boolField(id, boolText(this.#textOf(node)));
          else {
            w.field(type, id);
            write!(w, node);
          }
          written++;
        } catch (error) {
          throw withMember(error, name, fault);
        }
      }
      if (isUnion && written !== 1)
        throw new BadValue(`must have exactly one member of ${[...names].join(', ')}`);
      w.stop();
      w.structEnd(saved);
      w.depth--;
    };
  }
}

/** Types whose parts can all be said in names: a map by structs cannot. */
export function isNestable(type: ThriftType, seen: Set<StructDef> = new Set()): boolean {
  switch (type.kind) {
    case 'list':
    case 'set':
      return isNestable(type.element, seen);
    case 'map':
      return (
        !['list', 'set', 'map', 'struct', 'double', 'binary'].includes(type.key.kind) &&
        isNestable(type.value, seen)
      );
    case 'struct':
      if (seen.has(type.struct)) return true;
      seen.add(type.struct);
      return type.struct.fields.every(
        (field) => !isMember(field.annotations) || isNestable(field.type, seen),
      );
    default:
      return true;
  }
}

/** Parts by their numbers, `items[1]` behind `items[0]`; gaps close up, as in qs. */
function inOrder(parts: ReadonlyMap<string, TextNode>): TextNode[] {
  const numbered = [...parts].map(([name, node]): [number, TextNode] => {
    if (!/^[0-9]{1,9}$/.test(name)) throw new BadValue('must be an element by its number').inMember(name);
    return [Number(name), node];
  });
  return numbered.sort(([a], [b]) => a - b).map(([, node]) => node);
}
