import type { MoveSpec, TakeBackReport } from '../../mover/index.ts';
import { stageRefused } from '../feature/index.ts';
import type { RepairRequest, RepairResult } from './repair-feature.ts';
import type { RunContext } from './run-context.ts';

/**
 * After a rollback with a loss: what of the rows that the service took, and legacy lacks, differs from what legacy has by now. Only a person can
 * bring any of it over, since clients have written to legacy since; so nothing is changed.
 */
export async function lookAtLost(
  context: RunContext,
  { from, dryRun, table }: RepairRequest,
  signal: AbortSignal,
): Promise<RepairResult> {
  const { feature, specs, door, logger } = context.options;
  if (!dryRun || from === 'service' || table !== undefined) {
    throw stageRefused(
      feature,
      'legacy',
      'a repair: it was rolled back with a loss',
      `\`banyan repair ${feature} --from legacy --dry-run\` lists the rows that were lost; bring over by hand what is still wanted, then \`banyan abandon ${feature} --clean\`.`,
    );
  }
  const takenBack = specs === null ? { tables: [] } : await read(specs.reverse);
  const tables = takenBack.tables.map(({ table: name, rowsCompared, missing, extra, changed }) => ({
    ...{ table: name, rowsCompared, different: missing + extra + changed },
  }));
  return {
    tables,
    rowsCompared: tables.reduce((sum, one) => sum + one.rowsCompared, 0),
    different: tables.reduce((sum, one) => sum + one.different, 0),
    ...{ dryRun, takenBack, verified: null },
  };

  async function read(spec: MoveSpec): Promise<TakeBackReport> {
    const move = await door.openMove(spec, { epoch: await door.claimEpoch(spec), logger });
    try {
      return await move.lookAtLost({ signal });
    } finally {
      await move.close();
    }
  }
}
