import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import type { FeatureStatus, PlanDescription, StatusReport } from '../../../api/contract/answers/index.ts';
import { moverWords, readsAtService, verifiedWords } from '../../../api/words/feature-words.ts';
import { type Told, tellStatus } from '../../../api/words/told.ts';
import { commands, whyNot } from '../commands/catalog.ts';
import { asker } from '../commands/command-window.ts';
import { openCommand } from '../commands/run-command.ts';
import { stageLane } from '../parts/lane.ts';
import { mark, sideName, toldList } from '../parts/marks.ts';
import { progressBar } from '../parts/progress.ts';
import { trafficLines } from '../parts/traffic.ts';
import { hashOf } from '../pure/page.ts';
import { behindWords, fromNow } from '../pure/words.ts';
import { changed, now, state } from '../state.ts';

const columns = ['Feature', 'Stage', 'Rows', 'Reads at the service', 'Traffic', 'Other side', 'Verified'];
/** Below that all are seen at once. */
const findable = 8;

export function overviewPage(status: StatusReport): TemplateResult {
  const told = tellStatus(status);
  const words = state.filter.trim().toLowerCase();
  const features = status.features.filter(({ name }) => name.toLowerCase().includes(words));
  return html`
    <h1 class="unseen">Overview</h1>
    ${toldList(told, true)}
    ${status.features.length < findable ? nothing : finder(features.length, status.features.length)}
    ${
      features.length === 0
        ? html`<p class="faint">${status.features.length === 0 ? 'The config names no feature.' : 'No feature has that in its name.'}</p>`
        : html`<div class="features" role="table" aria-label="Features">
          <div class="row head" role="row">${columns.map((title) => html`<div role="columnheader" class=${title === 'Traffic' ? 'traffic-head' : ''}>${title === 'Traffic' ? html`<span>Traffic</span><span>requests</span><span>errors</span><span>p50</span><span>p99</span>` : title}</div>`)}</div>
          ${repeat(
            features,
            ({ name }) => name,
            (one) => featureRow(one, told),
          )}
        </div>`
    }
    ${routers(status)}
    ${configCommand()}`;
}

/** What is about no feature. */
function configCommand(): TemplateResult {
  const because = whyNot('reload', undefined, asker());
  return html`<section class="commands" aria-label="Config"><span class="command"><button type="button" aria-disabled=${because !== null} aria-describedby=${because === null ? nothing : 'why-reload'}
    @click=${() => because === null && openCommand('reload', '')}>${commands.reload.title}</button>
    ${because === null ? nothing : html`<span class="reason" id="why-reload" role="tooltip">${because}</span>`}</span></section>`;
}

function finder(found: number, all: number): TemplateResult {
  return html`<div class="finder">
    <label for="find">Find</label>
    <input id="find" type="search" .value=${state.filter} @input=${(event: Event) => {
      state.filter = (event.target as HTMLInputElement).value;
      changed();
    }}>
    <span class="faint" role="status">${found} of ${all}</span>
  </div>`;
}

function featureRow(one: FeatureStatus, told: readonly Told[]): TemplateResult {
  const { name } = one;
  const own = told.filter(({ feature, level }) => feature === name && level !== 'note');
  const level = own.some((each) => each.level === 'bad') ? 'bad' : own.length > 0 ? 'warn' : 'well';
  const mover = moverWords(one);
  const progress = state.progress.get(name) ?? one.move?.progress ?? null;
  return html`<div class="row" role="row">
    <div role="cell" class="name">
      ${mark(level)}<a href=${hashOf({ name: 'feature', feature: name })}>${name}</a>
      ${one.frozen === null ? nothing : html`<span class="tag">frozen</span>`}
      ${one.paused ? html`<span class="tag">paused</span>` : nothing}
    </div>
    <div role="cell">${stageLane(one)}</div>
    <div role="cell" data-title="Rows">${sideName(one.owner)}${one.hold ? html`<span class="tag warn">writes held</span>` : nothing}</div>
    <div role="cell" data-title="Reads at the service">${readsAtService(one)}${one.canaries.map((plan) => nextStep(plan))}</div>
    <div role="cell" data-title="Traffic">${trafficLines(state.traffic.get(name))}</div>
    <div role="cell" data-title="Other side">
      ${one.move === null ? html`<span class="faint">–</span>` : html`<span class=${mover.level}>${one.move.backlog === null ? mover.text : behindWords(one.move.backlog)}</span>`}
      ${progress !== null && one.running !== null ? progressBar(progress) : nothing}
    </div>
    <div role="cell" data-title="Verified">${verifiedWords(one)}</div>
  </div>`;
}

/** The canary's next step in one line. */
function nextStep({ next, frozen, guard, watchedUntil }: PlanDescription): TemplateResult | typeof nothing {
  if (guard?.breachedAt != null) return html`<div class="bad">its guard stopped it</div>`;
  if (frozen !== null) return html`<div class="warn">stands still: ${frozen.because}</div>`;
  if (next !== null) {
    return html`<div class="faint">then ${next.percent} %${next.at === null ? '' : ` ${fromNow(next.at, now())}`}</div>`;
  }
  return watchedUntil === null
    ? nothing
    : html`<div class="faint">watched, ends ${fromNow(watchedUntil, now())}</div>`;
}

function routers({ replicas, version }: StatusReport): TemplateResult {
  const alone = replicas.filter(({ kind }) => kind === 'router').length;
  if (alone === 0) return html`<p class="routers">${mark('warn')}No router is alive.</p>`;
  const behind = replicas.filter((one) => one.version !== version);
  return html`<details class="routers">
    <summary>${alone} ${alone === 1 ? 'router' : 'routers'}${alone === replicas.length ? '' : ` and ${replicas.length - alone} with seams`},
      ${behind.length === 0 ? `all by route table ${version}` : html`<span class="warn">${behind.length} not by route table ${version} yet</span>`}</summary>
    <table>
      <thead><tr><th scope="col">Router</th><th scope="col" class="number">Route table</th><th scope="col" class="number">Last beat</th></tr></thead>
      <tbody>${replicas.map(
        (one) =>
          html`<tr><td>${one.host} (${one.pid})${one.kind === 'seam' ? ', seams' : ''}</td><td class="number">${one.version}</td><td class="number">${one.beatAgoMs} ms ago</td></tr>`,
      )}</tbody>
    </table>
  </details>`;
}
