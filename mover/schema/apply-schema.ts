import { BanyanError } from '../../common/errors.ts';
import type { MoveSpec } from '../move-spec.ts';
import { quoteText } from '../sql/names.ts';
import { Session } from '../sql/session.ts';
import { type SchemaPlan, type SchemaStatement, schemaSettings } from './schema-plan.ts';

export interface AppliedSchema {
  readonly made: readonly string[];
  /** Stood there already and were left alone. */
  readonly present: readonly string[];
}

/**
 * Runs the plan's statements on the target. What stands there already is left alone, so that a run that was interrupted
 * is finished by another; `banyan check` compares it.
 *
 * @throws BanyanError BANYAN_SCHEMA_REFUSED with the statement that the server did not take.
 */
export async function applySchema(
  spec: MoveSpec,
  plan: SchemaPlan,
  onStatement: (statement: SchemaStatement, index: number) => void = () => {},
): Promise<AppliedSchema> {
  const session = await Session.open({ endpoint: spec.target, lockWaitSeconds: 5 });
  try {
    await session.run(schemaSettings);
    await session.run('SET SESSION foreign_key_checks = 1');
    const [tables, keys, triggers] = await standing(session, spec.target.database);
    const made: string[] = [];
    const present: string[] = [];
    for (const [index, statement] of plan.statements.entries()) {
      onStatement(statement, index);
      if (statement.sql.startsWith('SET ')) {
        await run(session, spec, statement);
        continue;
      }
      const alters = statement.sql.startsWith('ALTER');
      const names = [...statement.sql.matchAll(/ADD CONSTRAINT `((?:[^`]|``)*)`/g)].map(
        ([, name]) => name ?? '',
      );
      const isTrigger = statement.sql.startsWith('CREATE TRIGGER');
      const there = alters
        ? names.every((name) => keys.has(name))
        : (isTrigger ? triggers : tables).has(statement.about);
      if (there && !made.includes(statement.about)) {
        if (!present.includes(statement.about)) present.push(statement.about);
        continue;
      }
      await run(session, spec, statement);
      if (!made.includes(statement.about)) made.push(statement.about);
    }
    return { made, present };
  } finally {
    session.close();
  }
}

async function standing(
  session: Session,
  database: string,
): Promise<[Set<string>, Set<string>, Set<string>]> {
  const names = async (sql: string) => new Set((await session.texts(sql)).map(([name]) => name ?? ''));
  const schema = quoteText(database);
  return [
    await names(`SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ${schema}`),
    await names(
      `SELECT CONSTRAINT_NAME FROM information_schema.TABLE_CONSTRAINTS
        WHERE CONSTRAINT_SCHEMA = ${schema} AND CONSTRAINT_TYPE = 'FOREIGN KEY'`,
    ),
    await names(`SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = ${schema}`),
  ];
}

async function run(session: Session, spec: MoveSpec, statement: SchemaStatement): Promise<void> {
  try {
    await session.run(statement.sql);
  } catch (error) {
    const { host, port, database } = spec.target;
    throw new BanyanError(
      'BANYAN_SCHEMA_REFUSED',
      `${host}:${port} did not make ${database}.${statement.about}: ${error instanceof Error ? error.message : error}`,
      {
        fix: 'Take the statement from `banyan schema` without --apply, correct it for that server, run it by hand, then --apply again for the rest.',
        cause: error,
        details: { sql: statement.sql },
      },
    );
  }
}
