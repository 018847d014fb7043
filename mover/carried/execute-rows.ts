import type { TablePlan } from '../plan/table-plan.ts';
import type { Session } from '../sql/session.ts';
import { errnoOf, isDuplicate } from '../sql/sql-error.ts';
import type { BulkEncoder } from './bulk-encoder.ts';
import { copyAltered, describeWarnings } from './copy-altered.ts';

/** ER_BAD_NULL_ERROR, ER_TRUNCATED_WRONG_VALUE_FOR_FIELD, ER_CONSTRAINT_FAILED: not of SQLSTATE class 22 everywhere. */
const ofValues: readonly (number | undefined)[] = [1048, 1366, 4025];

/** Inserts them by one statement, in the caller's transaction. @throws the server's error, BanyanError BANYAN_COPY_ALTERED */
export async function executeRows(
  target: Session,
  plan: TablePlan,
  encoder: BulkEncoder,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  const { rows, bytes } = encoder;
  if (rows > 0) {
    const written = await target
      .executeInBulk(plan.target.insertOne(), encoder.finish())
      .catch((error: unknown) => {
        if (!isOfValues(error)) throw error;
        const { message } = error;
        throw copyAltered(plan, {
          written: 0,
          read: rows,
          said: `${errnoOf(error)} ${message}`,
          cause: error,
        });
      });
    if (written.warnings > 0 || written.affectedRows !== rows) {
      const said = describeWarnings(await target.texts('SHOW WARNINGS LIMIT 5'));
      throw copyAltered(plan, { written: written.affectedRows, read: rows, said });
    }
  }
  return { rows, bytes };
}

/** A value does not fit where it should go. In strict mode that is an error, with the SQLSTATE of a data exception or of the warning that it would be. */
function isOfValues(error: unknown): error is Error {
  if (!(error instanceof Error) || isDuplicate(error)) return false;
  const { sqlState = '' } = error as { readonly sqlState?: string };
  return /^(22|01)/.test(sqlState) || ofValues.includes(errnoOf(error));
}
