import { html, nothing, type TemplateResult } from 'lit-html';
import { counted, formatCount, formatMs } from '../../../../common/numbers.ts';
import type {
  CanaryResult,
  EndingReport,
  HandoverRehearsal,
  HandoverResult,
  JointRehearsal,
  JointResult,
  VerifyResult,
} from '../../../api/contract/answers/index.ts';
import type { OrderAnswer } from '../../../api/contract/operations.ts';
import { planTimes } from '../../../api/words/plan-words.ts';
import { gateList } from '../parts/gate.ts';
import { inCode, mark } from '../parts/marks.ts';
import { stepTimeline } from '../parts/timeline.ts';
import type { CommandName } from './catalog.ts';

/** What a dry run said. */
export function rehearsalOf(answer: unknown): TemplateResult {
  const said = answer as Partial<HandoverRehearsal & EndingReport & CanaryResult>;
  if ('changes' in said) return reloaded(answer as OrderAnswer<'reload'>);
  if ('features' in said) return jointGates(answer as JointRehearsal);
  if (said.gate !== undefined) {
    return html`${gateList(said.gate)}
      <p>${mark(said.wouldBegin ? 'well' : 'bad')}${said.wouldBegin ? 'It would begin.' : 'It would not begin.'} Nothing was changed.</p>
      <details><summary>The steps</summary><ol>${said.steps?.map((step) => html`<li>${step}</li>`)}</ol></details>`;
  }
  if (said.statements !== undefined) {
    return html`<details open><summary>${counted(said.statements.length, 'statement')}, in this order</summary>
        <ol class="statements">${said.statements.map(({ at, sql, about }) => html`<li><code>${sql}</code> <span class="faint">${at}: ${about}</span></li>`)}</ol></details>
      ${said.notes?.map(({ what, fix }) => html`<p>${mark('warn')}${what} ${inCode(fix)}</p>`)}
      ${said.faults?.map(({ what, fix, code }) => html`<p>${mark('bad')}${what} <span class="code">${code}</span><span class="fix">${inCode(fix)}</span></p>`)}
      <p>Nothing was changed.</p>`;
  }
  if (said.plan !== undefined && said.routes !== undefined) {
    const { plan } = said;
    return html`<table><thead><tr><th scope="col">Route</th><th scope="col" class="number">Reads at the service</th></tr></thead>
        <tbody>${Object.entries(said.routes).map(([route, percent]) => html`<tr><td><code>${route}</code></td><td class="number">${percent} %</td></tr>`)}</tbody></table>
      ${plan === null ? nothing : html`<ol>${planTimes(plan).map((line) => html`<li>${line}</li>`)}</ol>`}
      ${said.replaced?.map((one) => html`<p>${mark('warn')}Takes the place of the plan of ${one.who}: ${one.why}</p>`)}
      <p>Nothing was changed.</p>`;
  }
  return html`<pre tabindex="0">${JSON.stringify(answer, null, 1)}</pre>`;
}

/** Of each feature of a handover of several. */
function jointGates({ features, wouldBegin, steps }: JointRehearsal): TemplateResult {
  return html`${features.map(({ feature, gate }) => html`<h3>${feature}</h3>${gateList(gate)}`)}
    <p>${mark(wouldBegin ? 'well' : 'bad')}${wouldBegin ? 'It would begin, for all of them at one instant.' : 'It would not begin.'} Nothing was changed.</p>
    <details><summary>The steps</summary><ol>${steps.map((step) => html`<li>${step}</li>`)}</ol></details>`;
}

const effects = {
  now: 'at once',
  restart: 'when control is started again',
  routers: 'in the routers',
} as const;

/** What a reload changes, or has changed. */
function reloaded({ file, dryRun, changes, faults, behind }: OrderAnswer<'reload'>): TemplateResult {
  const rows = changes.map(
    ({ path, from, to, effect }) =>
      html`<tr><td><code>${path}</code></td><td>${from ?? '–'}</td><td>${to ?? '–'}</td><td>${effects[effect]}</td></tr>`,
  );
  return html`${
    rows.length === 0
      ? html`<p>${mark('well')}<code>${file}</code> says what control goes by already.</p>`
      : html`<div class="wide" role="group" aria-label="Changes" tabindex="0"><table>
          <thead><tr><th scope="col">Setting</th><th scope="col">Before</th><th scope="col">Then</th><th scope="col">Takes effect</th></tr></thead>
          <tbody>${rows}</tbody></table></div>`
  }
    ${faults.map(({ what, fix, code }) => html`<p>${mark('bad')}${what} <span class="code">${code}</span><span class="fix">${inCode(fix)}</span></p>`)}
    ${behind.map((router) => html`<p>${mark('warn')}${router}</p>`)}
    <p>${dryRun ? 'Nothing was changed.' : html`${mark('well')}Done.`}</p>`;
}

/** What came of a command. */
export function resultOf(name: CommandName, answer: unknown): TemplateResult {
  if (name === 'cutover' || name === 'rollback') {
    const { features = [answer as HandoverResult] } = answer as Partial<JointResult>;
    return html`${features.map(handoverOutcome)}`;
  }
  if (name === 'reload') return reloaded(answer as OrderAnswer<'reload'>);
  if (name === 'verify') return verifyOutcome(answer as VerifyResult);
  return html`<p>${mark('well')}Done.</p><details><summary>The answer</summary><pre tabindex="0">${JSON.stringify(answer, null, 1)}</pre></details>`;
}

function handoverOutcome({ feature, owner, holdMs, retries, steps }: HandoverResult): TemplateResult {
  let fromMs = 0;
  const timed = steps.map(({ step, ms }) => {
    const one = { step, ms, fromMs };
    fromMs += ms;
    return one;
  });
  return html`<p>${mark('well')}${owner === 'service' ? 'The service' : 'Legacy'} owns the rows of ${feature} now. Writes were held ${formatMs(holdMs)}${retries === 0 ? '' : `, at try ${retries + 1}`}.</p>
    ${stepTimeline(timed)}`;
}

function verifyOutcome({
  rowsCompared,
  rowsKept,
  different,
  unsettled,
  tables,
}: VerifyResult): TemplateResult {
  const rest = [
    ...(rowsKept === 0 ? [] : [`${formatCount(rowsKept)} count from an earlier look`]),
    ...(unsettled === 0 ? [] : [`${formatCount(unsettled)} changed too fast to tell`]),
  ];
  return html`<p>${mark(different > 0 ? 'bad' : 'well')}${formatCount(rowsCompared)} rows compared, ${different === 0 ? 'all equal' : `${formatCount(different)} differ`}${rest.length === 0 ? '' : `; ${rest.join(', ')}`}.</p>
    ${tables.flatMap(({ table, samples }) =>
      samples.map(
        ({
          key,
          kind,
          columns,
        }) => html`<article class="difference"><h3><code>${table}</code> ${JSON.stringify(key)} ${kind}</h3>
          <table><thead><tr><th scope="col">Column</th><th scope="col">Owner</th><th scope="col">Other side</th></tr></thead>
          <tbody>${Object.entries(columns).map(([column, { source, target }]) => html`<tr><td>${column}</td><td>${source ?? 'NULL'}</td><td>${target ?? 'NULL'}</td></tr>`)}</tbody></table></article>`,
      ),
    )}`;
}
