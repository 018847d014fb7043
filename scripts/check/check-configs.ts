import { counted } from '../../common/numbers.ts';
import type { StatusReport } from '../../control/api/index.ts';
import { configPrint } from '../../control/config/config-print.ts';
import type { BanyanConfig } from '../../control/config/index.ts';
import type { CheckLine } from './check-report.ts';

const fix = 'Run `banyan reload`; a process that does not follow says why in its log.';

/** Whether control and every live router go by the config that is checked here. */
export async function checkConfigs(config: BanyanConfig, status: StatusReport): Promise<CheckLine[]> {
  const { fingerprint } = await configPrint(config);
  const line = { feature: null, check: 'configs' };
  const others = [
    ...(status.config.fingerprint === fingerprint ? [] : ['control']),
    ...status.replicas
      .filter((replica) => replica.config !== null && replica.config.fingerprint !== fingerprint)
      .map(({ host, pid }) => `the router ${host} (${pid})`),
  ];
  if (others.length === 0) {
    return [
      {
        ...line,
        ok: true,
        detail: `control and ${counted(status.replicas.length, 'live router')} go by this one`,
      },
    ];
  }
  const detail = `${others.join(', ')} ${others.length === 1 ? 'goes' : 'go'} by another one`;
  return [{ ...line, ok: false, detail, code: 'BANYAN_CONFIG_DIFFERS', fix }];
}
