import { basename } from 'node:path';
import type { FeatureConfig } from '../../control/config/index.ts';
import { loadIdl } from '../../rpc/index.ts';
import type { CheckLine } from './check-report.ts';

/** What is to be known of a feature's IDL beyond faults, which loading the config has found: its warnings. */
export async function checkIdl(feature: FeatureConfig): Promise<CheckLine[]> {
  if (feature.service.kind !== 'thrift') return [];
  const { idl, includes } = feature.service;
  const { warnings } = await loadIdl(idl, includes === undefined ? {} : { includes });
  if (warnings.length === 0) return [];
  const list = warnings.map((one) => `\n    ${one.at}: ${one.what}. ${one.fix}`).join('');
  const detail = `${basename(idl)}: ${warnings.length === 1 ? 'one warning' : `${warnings.length} warnings`}${list}`;
  return [{ feature: feature.name, check: 'idl', ok: true, detail }];
}

/** Whether a service whose process ends can say so before it closes connections. */
export function checkTransport({ name, service }: FeatureConfig): CheckLine[] {
  if (service.kind !== 'thrift' || service.transport === 'header') return [];
  const { transport } = service;
  const detail = `${transport} has no room for a goodbye: a call that is on its way while the service stops fails. Set features.${name}.service.transport to 'header' if it is served by serve or speaks THeader.`;
  return [{ feature: name, check: 'transport', ok: true, detail }];
}
