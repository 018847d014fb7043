import type { FaultList } from './fault-list.ts';
import type { Place } from './model.ts';
import type { ParsedFile } from './parse-file.ts';
import type { DefinitionSyntax } from './syntax.ts';

/** The names one IDL file declares, and the files it can name as `file.Name`. */
export interface Scope {
  readonly parsed: ParsedFile;
  /** Prefix of qualified names: '' in the IDL's own file, `file.` in an include, `folder_file.` in a second one so called. */
  readonly prefix: string;
  readonly declared: ReadonlyMap<string, DefinitionSyntax>;
  /** By name: files of several folders may be called alike. */
  readonly includes: Map<string, Scope[]>;
  /** Includes that could not be read: no fault where nothing of theirs is used. */
  readonly missing: MissingInclude[];
  /** Names that were looked for in vain. */
  readonly unresolved: Set<string>;
}

export interface MissingInclude {
  readonly name: string;
  readonly at: Place;
  readonly why: string;
}

export interface Found {
  readonly scope: Scope;
  readonly statement: DefinitionSyntax;
}

export function declaredNames(parsed: ParsedFile, faults: FaultList): Map<string, DefinitionSyntax> {
  const declared = new Map<string, DefinitionSyntax>();
  for (const statement of parsed.statements) {
    if (statement.kind === 'include') continue;
    const { text, at } = statement.name;
    if (declared.has(text)) {
      faults.add('BANYAN_IDL_NAME', at, `${text} is declared twice`, 'Rename one of them.');
    } else {
      declared.set(text, statement);
    }
  }
  return declared;
}

/** Finds `Name` in the scope's own file or `file.Name` in an include, whose name may have dots of its own. */
export function lookUp(scope: Scope, name: string): Found | undefined {
  const own = scope.declared.get(name);
  if (own !== undefined) return { scope, statement: own };
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    for (const include of scope.includes.get(name.slice(0, dot)) ?? []) {
      const statement = include.declared.get(name.slice(dot + 1));
      if (statement !== undefined) return { scope: include, statement };
    }
  }
  scope.unresolved.add(name);
  return undefined;
}
