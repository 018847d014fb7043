import { html, nothing, svg, type TemplateResult } from 'lit-html';
import type { RouteTraffic } from '../../../traffic/index.ts';
import { historyMs } from '../pure/history.ts';
import { milliseconds, perSecond } from '../pure/words.ts';
import type { TrafficPoint } from '../state.ts';

/** Both sides' requests, errors and times, one line each; sides without requests are quiet. */
export function trafficLines(traffic: RouteTraffic | null | undefined): TemplateResult {
  if (traffic == null) return html`<span class="faint">not known yet</span>`;
  return html`<table class="traffic">
    <caption class="unseen">Traffic by side</caption>
    <thead><tr><th scope="col"><span class="unseen">Side</span></th><th scope="col">requests</th><th scope="col">errors</th><th scope="col">p50</th><th scope="col">p99</th></tr></thead>
    <tbody>${(['legacy', 'service'] as const).map((side) => {
      const { perSecond: rate, errorsPerSecond, p50Ms, p99Ms } = traffic[side];
      return html`<tr class=${rate === 0 ? 'quiet' : ''}>
        <th scope="row"><span class="side ${side}">${side}</span></th>
        <td>${perSecond(rate)}<span class="unit">/s</span></td>
        <td class=${errorsPerSecond > 0 ? 'bad' : ''}>${perSecond(errorsPerSecond)}<span class="unit"> err</span></td>
        <td>${milliseconds(p50Ms)}</td>
        <td>${milliseconds(p99Ms)}</td>
      </tr>`;
    })}</tbody>
  </table>`;
}

const width = 600;
const height = 90;

/** Requests a second of both sides over the last minutes. */
export function trafficChart(points: readonly TrafficPoint[], now: number): TemplateResult | typeof nothing {
  if (points.length < 2) return nothing;
  const most = Math.max(1, ...points.map(({ legacy, service }) => Math.max(legacy, service)));
  const x = (at: number) => (width * (at - (now - historyMs))) / historyMs;
  const y = (value: number) => height - 1 - ((height - 4) * value) / most;
  const line = (side: 'legacy' | 'service') =>
    svg`<polyline class=${side} points=${points.map((one) => `${x(one.at).toFixed(1)},${y(one[side]).toFixed(1)}`).join(' ')}></polyline>`;
  const last = points.at(-1)!;
  return html`<figure class="chart">
    <svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img"
      aria-label="Requests a second over five minutes: now ${perSecond(last.legacy)} by legacy, ${perSecond(last.service)} by the service">
      <line x1="0" x2=${width} y1=${height - 1} y2=${height - 1}></line>
      ${line('legacy')} ${line('service')}
    </svg>
    <figcaption><span>5 min ago</span><span>most: ${perSecond(most)}/s</span><span>now</span></figcaption>
  </figure>`;
}
