import { html, nothing, type TemplateResult } from 'lit-html';
import { repeat } from 'lit-html/directives/repeat.js';
import { formatBytes, formatCount, formatSeconds } from '../../../../common/numbers.ts';
import type {
  AuditEntry,
  DiffReport,
  FeatureStatus,
  HandoverRehearsal,
  HoldCosts,
  PlanAnswer,
} from '../../../api/contract/answers/index.ts';
import type { QuestionAnswer } from '../../../api/contract/operations.ts';
import { moverWords, pacing, readsAtService, verifiedWords } from '../../../api/words/feature-words.ts';
import { handoversOf } from '../../../api/words/handovers.ts';
import { renderPlan } from '../../../api/words/plan-words.ts';
import { tellStatus } from '../../../api/words/told.ts';
import { commands, shown, whyNot } from '../commands/catalog.ts';
import { asker } from '../commands/command-window.ts';
import { openCommand } from '../commands/run-command.ts';
import { load, loadByPost, loaded } from '../loaded.ts';
import { auditTable } from '../parts/audit.ts';
import { differences } from '../parts/differences.ts';
import { errorBox } from '../parts/error.ts';
import { gateList } from '../parts/gate.ts';
import { stageLane } from '../parts/lane.ts';
import { mark, sideName, toldList } from '../parts/marks.ts';
import { nextSteps } from '../parts/next-steps.ts';
import { progressBar } from '../parts/progress.ts';
import { rowForm } from '../parts/row-form.ts';
import { pastHandovers } from '../parts/timeline.ts';
import { trafficChart, trafficLines } from '../parts/traffic.ts';
import { usageTable } from '../parts/usage.ts';
import { behindWords, milliseconds, perSecond, timeOf } from '../pure/words.ts';
import { featureNamed, now, state } from '../state.ts';

const shownEntries = 100;
/** Legacy's server is asked for each. */
const usageEveryMs = 5_000;

function paths(feature: string) {
  const own = `/v1/features/${encodeURIComponent(feature)}`;
  return {
    audit: `/v1/audit?feature=${encodeURIComponent(feature)}&limit=500`,
    holds: `/v1/hold-costs?feature=${encodeURIComponent(feature)}&limit=100`,
    diff: `${own}/diff`,
    plan: `${own}/plan`,
    traffic: `${own}/traffic`,
    writers: `${own}/usage?access=write`,
    readers: `${own}/usage?access=read`,
    gate: `gate ${feature}`,
  };
}

/** Asks for what the status does not have. */
export function openFeature(feature: string): void {
  const { audit, holds, diff, plan, traffic, writers, readers } = paths(feature);
  void load(plan);
  void load(writers);
  void load(readers);
  void load(audit);
  void load(holds);
  void load(diff);
  void load(traffic);
  lookAtGate(feature);
}

/** The same, of what a change may have made another. */
export function followFeature(feature: string): void {
  const { audit, holds, diff, plan } = paths(feature);
  void load(plan);
  void load(audit);
  void load(holds);
  void load(diff);
}

/** While the page is open: traffic by route, and the guards of another handover once it is another one that may come. */
export function followOpen(feature: string): void {
  const { traffic, plan, gate, writers, readers } = paths(feature);
  void load(traffic);
  // What comes next of one that has left is a dry run of its end.
  const calm = featureNamed(feature)?.stage === 'extracted' ? [] : [plan];
  for (const path of [writers, readers, ...calm]) {
    if (Date.now() - (loaded(path).at ?? 0) >= usageEveryMs) void load(path);
  }
  const { value, error } = loaded<HandoverRehearsal>(gate);
  if (error === null && value?.direction !== (next(featureNamed(feature)) ?? undefined)) lookAtGate(feature);
}

function lookAtGate(feature: string): void {
  const direction = next(featureNamed(feature));
  if (direction === null) return;
  const path = `/v1/features/${encodeURIComponent(feature)}/${direction}`;
  void loadByPost(path, { dryRun: true }, paths(feature).gate);
}

function next(one: FeatureStatus | undefined): 'cutover' | 'rollback' | null {
  if (one?.stage === 'syncing') return 'cutover';
  return one?.stage === 'extracted' && one.rollback ? 'rollback' : null;
}

export function featurePage(name: string): TemplateResult {
  const one = featureNamed(name);
  if (one === undefined)
    return html`<h1>${name}</h1><p>The config names no such feature. <a href="#/">All features</a></p>`;
  const status = state.status!;
  const told = tellStatus(status).filter(({ feature }) => feature === name);
  const { audit, holds, diff, traffic } = paths(name);
  const costs = loaded<readonly HoldCosts[]>(holds).value ?? [];
  const entries = loaded<readonly AuditEntry[]>(audit);
  const report = loaded<DiffReport>(diff);
  return html`
    <div class="title"><h1>${name}</h1>${stageLane(one)}</div>
    ${toldList(told, false)}
    ${facts(one)}
    ${buttons(one)}
    ${planSection(name)}
    ${gateSection(one)}
    ${routesSection(one, loaded<QuestionAnswer<'traffic'>>(traffic).value?.traffic ?? null)}
    ${tablesSection(one)}
    ${(one.tables ?? []).length === 0 ? nothing : html`<section aria-labelledby="row"><h2 id="row">One row on both sides</h2>${rowForm(name, one.tables)}</section>`}
    ${usageSection(name, 'write')}
    ${usageSection(name, 'read')}
    <section aria-labelledby="differences"><h2 id="differences">Differences</h2>
      ${report.error !== null ? errorBox(report.error) : report.value === undefined ? html`<p class="faint">Loading …</p>` : differences(report.value)}</section>
    <section aria-labelledby="handovers"><h2 id="handovers">Handovers</h2>${handovers(entries.value ?? [], costs)}</section>
    <section aria-labelledby="audit"><h2 id="audit">Audit</h2>
      ${entries.error === null ? auditTable((entries.value ?? []).slice(0, shownEntries), false) : errorBox(entries.error)}</section>`;
}

function facts(one: FeatureStatus): TemplateResult {
  const { move, refused } = one;
  const mover = moverWords(one);
  const progress = state.progress.get(one.name) ?? move?.progress ?? null;
  return html`<section class="facts-row">
    <dl>
      <div><dt>Rows owned by</dt><dd>${sideName(one.owner)}${one.hold ? html`<span class="tag warn">writes held</span>` : nothing}</dd></div>
      <div><dt>Reads at the service</dt><dd>${readsAtService(one)}</dd></div>
      <div><dt>Other side</dt><dd>${move?.backlog == null ? one.otherSide : behindWords(move.backlog)}</dd></div>
      <div><dt>Verified</dt><dd>${verifiedWords(one)}</dd></div>
      <div><dt>Mover</dt><dd class=${mover.level}>${one.failing !== null || one.paused || move === null ? mover.text : (one.running ?? move.does) + pacing(move.pace)}</dd></div>
      <div><dt>In this stage since</dt><dd>${timeOf(one.since, now())} UTC</dd></div>
      ${refused?.count ? html`<div><dt>Writes past the router</dt><dd class="warn">${formatCount(refused.count)} refused</dd></div>` : nothing}
    </dl>
    ${one.canaries.map((plan) => html`<p>${mark(plan.guard?.breachedAt != null ? 'bad' : 'note')}The ${plan.guard?.after ?? 'canary'} ${renderPlan(plan, new Date(now()).toISOString())}. <span class="faint">(${plan.who}: ${plan.why})</span></p>`)}
    ${one.running === null || progress === null ? nothing : progressBar(progress)}
  </section>`;
}

function buttons(one: FeatureStatus): TemplateResult {
  return html`<section class="commands" aria-label="Commands">${shown.map(
    ({
      title,
      names,
    }) => html`<div role="group" aria-label=${title}><span class="group" aria-hidden="true">${title}</span>
      ${names.map((name) => {
        const because = whyNot(name, one, asker());
        const id = `why-${name}`;
        return html`<span class="command"><button type="button" aria-disabled=${because !== null} aria-describedby=${because === null ? nothing : id}
          @click=${() => because === null && openCommand(name, one.name)}>${commands[name].title}</button>
          ${because === null ? nothing : html`<span class="reason" id=${id} role="tooltip">${because}</span>`}</span>`;
      })}
    </div>`,
  )}</section>`;
}

function planSection(name: string): TemplateResult {
  const { value, error } = loaded<PlanAnswer>(paths(name).plan);
  return html`<section aria-labelledby="plan"><h2 id="plan">What comes next</h2>
    ${error !== null ? errorBox(error) : value === undefined ? html`<p class="faint">Loading …</p>` : nextSteps(value)}</section>`;
}

function gateSection(one: FeatureStatus): TemplateResult | typeof nothing {
  const direction = next(one);
  if (direction === null) return nothing;
  const { value, error, asking, at } = loaded<HandoverRehearsal>(paths(one.name).gate);
  const current = value?.direction === direction ? value : undefined;
  return html`<section aria-labelledby="guards">
    <h2 id="guards">Guards of a ${direction}
      <button type="button" class="quiet" aria-disabled=${asking} @click=${() => lookAtGate(one.name)}>${asking ? 'Looking …' : 'Look again'}</button>
      ${at === null ? nothing : html`<span class="faint">${timeOf(new Date(at).toISOString(), now())} UTC</span>`}</h2>
    ${error !== null ? errorBox(error) : current === undefined ? html`<p class="faint">${asking ? 'Looking at every guard …' : 'Not looked at yet.'}</p>` : html`${gateList(current.gate)}<p>${mark(current.wouldBegin ? 'well' : 'bad')}${current.wouldBegin ? 'It would begin.' : 'It would not begin.'}</p>`}
  </section>`;
}

function routesSection(one: FeatureStatus, traffic: QuestionAnswer<'traffic'>['traffic']): TemplateResult {
  const cells = (route: string) =>
    (['legacy', 'service'] as const).map((side) => {
      const seen = traffic?.routes[route]?.[side];
      if (seen === undefined || seen.perSecond === 0)
        return html`<td class="number faint">–</td><td></td><td></td>`;
      const errors =
        seen.errorsPerSecond > 0
          ? html` <span class="bad">${perSecond(seen.errorsPerSecond)} err</span>`
          : nothing;
      return html`<td class="number">${perSecond(seen.perSecond)}/s${errors}</td><td class="number">${milliseconds(seen.p50Ms)}</td><td class="number">${milliseconds(seen.p99Ms)}</td>`;
    });
  return html`<section aria-labelledby="traffic"><h2 id="traffic">Traffic and routes</h2>
    <div class="split">${trafficLines(state.traffic.get(one.name))}${trafficChart(state.history.get(one.name) ?? [], now())}</div>
    <div class="wide" role="group" aria-label="Routes" tabindex="0"><table class="routes">
      <thead>
        <tr><th scope="col" rowspan="2">Route</th><th scope="col" rowspan="2">Access</th><th scope="col" rowspan="2" class="number">At the service</th>
          <th scope="colgroup" colspan="3" class="number">legacy: requests, p50, p99</th><th scope="colgroup" colspan="3" class="number">service: requests, p50, p99</th></tr>
      </thead>
      <tbody>${repeat(
        one.routes,
        ({ id }) => id,
        ({ id, access, readPercent, readCohorts }) => html`<tr>
          <td><code>${id}</code></td><td>${access}</td>
          <td class="number">${readPercent === null ? html`<span class="faint">with the rows</span>` : [`${readPercent} %`, ...readCohorts].join(' + ')}</td>
          ${cells(id)}
        </tr>`,
      )}</tbody>
    </table></div></section>`;
}

function usageSection(name: string, access: 'write' | 'read'): TemplateResult {
  const { writers, readers } = paths(name);
  const { value, error } = loaded<QuestionAnswer<'usage'>>(access === 'write' ? writers : readers);
  const title = access === 'write' ? 'Writers of legacy’s tables' : 'Readers of legacy’s tables';
  return html`<section aria-labelledby=${access}><h2 id=${access}>${title}</h2>
    ${error !== null ? errorBox(error) : value === undefined ? html`<p class="faint">Looking …</p>` : usageTable(value)}</section>`;
}

function tablesSection({ name, move }: FeatureStatus): TemplateResult | typeof nothing {
  const known = move?.verified?.tables ?? [];
  const progress = state.progress.get(name) ?? move?.progress ?? null;
  const copying = progress?.phase === 'copy' ? progress : null;
  const copied = move?.copied ?? [];
  if (known.length === 0 && copying === null && copied.length === 0) return nothing;
  return html`<section aria-labelledby="tables"><h2 id="tables">Tables</h2>
    ${copying === null ? nothing : progressBar(copying)}
    ${copied.length === 0 ? nothing : copiedTable(copied)}
    ${known.length === 0 ? nothing : verifiedTable(known)}</section>`;
}

type Move = NonNullable<FeatureStatus['move']>;

function copiedTable(copied: NonNullable<Move['copied']>): TemplateResult {
  return html`<table>
    <thead><tr><th scope="col">Table</th><th scope="col" class="number">Rows copied</th><th scope="col" class="number">Bytes</th><th scope="col">Copy</th></tr></thead>
    <tbody>${copied.map(
      (one) => html`<tr><td><code>${one.table}</code></td><td class="number">${formatCount(one.rows)}</td>
        <td class="number">${formatBytes(one.bytes)}</td><td>${one.complete ? 'complete' : one.rows === 0 ? 'not begun' : 'under way'}</td></tr>`,
    )}</tbody>
  </table>`;
}

function verifiedTable(known: NonNullable<Move['verified']>['tables']): TemplateResult {
  return html`<table>
      <thead><tr><th scope="col">Table</th><th scope="col" class="number">Rows compared</th><th scope="col" class="number">Differ</th><th scope="col" class="number">Every row within</th></tr></thead>
      <tbody>${known.map(
        ({
          table,
          rows,
          different,
          oldestMs,
        }) => html`<tr><td><code>${table}</code></td><td class="number">${formatCount(rows)}</td>
          <td class="number ${different > 0 ? 'bad' : ''}">${formatCount(different)}</td><td class="number">${oldestMs === null ? 'some never' : formatSeconds(oldestMs / 1_000)}</td></tr>`,
      )}</tbody>
    </table>`;
}

function handovers(entries: readonly AuditEntry[], costs: readonly HoldCosts[]): TemplateResult {
  const list = handoversOf(entries, costs);
  return list.length === 0 ? html`<p class="faint">None yet.</p>` : pastHandovers(list);
}
