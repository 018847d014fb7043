import { html, nothing, type TemplateResult } from 'lit-html';
import { counted, formatCount, formatShare } from '../../../../common/numbers.ts';
import type { DiffReport } from '../../../api/contract/answers/index.ts';
import { timeOf } from '../pure/words.ts';
import { now } from '../state.ts';
import { mark } from './marks.ts';

type Path = DiffReport['routes'][number]['paths'][number];

/** Where the service answers otherwise than legacy, with samples side by side. */
export function differences(report: DiffReport): TemplateResult {
  const { shadow, compared, different, routes } = report;
  if (shadow === null) return html`<p class="faint">No answers were compared yet: shadow some clients.</p>`;
  const standing = shadow.percent === 0 ? 'not shadowed now' : `${shadow.percent} % of clients shadowed`;
  return html`
    <p>${mark(different > 0 ? 'bad' : compared > 0 ? 'well' : 'note')}${counted(compared, 'answer')} compared,
      ${counted(different, 'difference')}
      <span class="faint">${standing}; counted since ${timeOf(shadow.since, now())} UTC</span></p>
    ${shadow.signedOff === null ? nothing : html`<p>${mark('well')}signed off by ${shadow.signedOff.who}: ${shadow.signedOff.why}</p>`}
    ${routes.map((route) => {
      const loud = route.paths.filter(({ verdict }) => verdict !== 'noise' && verdict !== 'ignored');
      return html`<details ?open=${loud.some(({ verdict }) => verdict === 'different')}>
        <summary><code>${route.route}</code> ${formatCount(route.compared)} compared, ${formatCount(route.differing)} ${route.differing === 1 ? 'differs' : 'differ'}${route.tooFew ? ': too few to say anything' : ''}</summary>
        ${route.paths.length === 0 ? html`<p class="faint">All answers are equal.</p>` : route.paths.map((path) => place(path, route.compared))}
      </details>`;
    })}`;
}

function place(path: Path, compared: number): TemplateResult {
  return html`<article class="difference">
    <h3>${mark(path.verdict === 'different' ? 'bad' : path.verdict === 'undecided' ? 'note' : 'well')}<code>${path.path}</code>
      ${path.verdict} <span class="faint">${path.kind}, ${formatShare(path.differed, compared)} of answers</span></h3>
    ${path.ignored === null ? nothing : html`<p class="faint">${path.ignored.who}: ${path.ignored.why}</p>`}
    ${path.samples.slice(0, 3).map(
      (sample) => html`<div class="sample">
        <div class="faint"><code>${sample.request}</code> ${timeOf(sample.at, now())}</div>
        <div class="sides">
          <div><span class="side legacy">legacy</span><pre tabindex="0">${sample.legacy ?? '(nothing)'}</pre></div>
          <div><span class="side service">service</span><pre tabindex="0">${sample.service ?? '(nothing)'}</pre></div>
        </div>
      </div>`,
    )}
  </article>`;
}
