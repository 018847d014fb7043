import type { Session } from './session.ts';

/**
 * Runs `work` between START TRANSACTION and COMMIT. Whatever fails is rolled back and thrown on; where not even the
 * rollback works the session is closed, so that the server rolls back. `onCommitted` is told how long the commit took.
 */
export async function inTransaction<Result>(
  session: Session,
  work: () => Promise<Result>,
  onCommitted: (ms: number) => void = () => {},
): Promise<Result> {
  await session.run('START TRANSACTION');
  try {
    const result = await work();
    const began = performance.now();
    await session.run('COMMIT');
    onCommitted(performance.now() - began);
    return result;
  } catch (error) {
    await session.run('ROLLBACK').catch(() => session.close());
    throw error;
  }
}
