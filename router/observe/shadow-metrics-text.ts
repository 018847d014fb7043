import type { ShadowReport } from '../shadow/shadow-report.ts';
import { escapeLabel } from './escape-label.ts';

/** The lines about shadows. Their counts begin anew with each run. */
export function shadowMetricsText({ routes, ...gauges }: ShadowReport): string[] {
  const lines: string[] = [];
  const family = (name: string, type: string, help: string) =>
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  const of = ({ feature, route }: ShadowReport['routes'][number]) =>
    `route="${escapeLabel(route)}",feature="${escapeLabel(feature)}"`;
  family('banyan_shadow_compared_total', 'counter', 'Requests of which both sides’ answers were compared.');
  for (const one of routes) lines.push(`banyan_shadow_compared_total{${of(one)}} ${one.compared}`);
  family('banyan_shadow_differing_total', 'counter', 'Of those: with a difference, noise included.');
  for (const one of routes) lines.push(`banyan_shadow_differing_total{${of(one)}} ${one.differing}`);
  family('banyan_shadow_omitted_total', 'counter', 'Requests that were to be compared and were not, by why.');
  for (const one of routes)
    for (const [why, count] of Object.entries(one.omitted))
      lines.push(`banyan_shadow_omitted_total{${of(one)},why="${why}"} ${count}`);
  family('banyan_shadow_requests', 'gauge', 'Requests to be compared, by what they wait for.');
  for (const [state, count] of Object.entries(gauges))
    lines.push(`banyan_shadow_requests{state="${state}"} ${count}`);
  return lines;
}
