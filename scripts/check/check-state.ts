import type { BanyanConfig } from '../../control/config/index.ts';
import { statePrivileges } from '../../control/store/state-privileges.ts';
import { checkPrivileges } from '../../mover/index.ts';
import type { CheckLine } from './check-report.ts';

/** Whether the state store's account may do all that control and the routers will do there. Creates nothing. */
export async function checkState(config: BanyanConfig): Promise<CheckLine[]> {
  const { state } = config;
  const line = { feature: null, check: 'state store' };
  const faults = await checkPrivileges(state, statePrivileges(state.database));
  if (faults.length === 0) {
    return [{ ...line, ok: true, detail: `${state.user} may keep the schema ${state.database} there` }];
  }
  return faults.map((fault) => ({
    ...line,
    ok: false,
    detail: fault.what,
    code: fault.code,
    fix: fault.fix,
  }));
}
