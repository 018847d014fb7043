import type { Session } from '../../sql/session.ts';
import type { Horizon } from '../capture.ts';
import type { TriggerLog } from './trigger-log.ts';

/** One look at all logs is one statement, so that it sees them at one moment. */
export async function logHorizon(logs: readonly TriggerLog[], source: Session): Promise<Horizon> {
  const look = async (session: Session, edge: 'MIN' | 'MAX') => {
    const [row] = await session.texts(`SELECT ${logs.map((log) => log.edgeExpression(edge)).join(', ')}`);
    return logs.map((_, index) => (row?.[index] ? BigInt(row[index]) : null));
  };
  const newest = await look(source, 'MAX');
  return {
    async isApplied(session) {
      const oldest = await look(session, 'MIN');
      return oldest.every((seq, index) => seq === null || seq > (newest[index] ?? 0n));
    },
  };
}
