import { html, nothing, type TemplateResult } from 'lit-html';
import type { InquiryAnswer } from '../../../api/contract/operations.ts';
import { loadByPost, loaded } from '../loaded.ts';
import { errorBox } from '../parts/error.ts';
import { sideName } from '../parts/marks.ts';
import { readTyped } from '../pure/curl.ts';
import { hashOf } from '../pure/page.ts';
import { stageName } from '../pure/words.ts';
import { changed } from '../state.ts';

const key = 'explain';
const buckets = 10_000;
let typed = 'GET /';
let address = '127.0.0.1';
let unreadable = false;

export function requestPage(): TemplateResult {
  const { value, error, asking } = loaded<InquiryAnswer<'explain'>>(key);
  return html`<h1>Request</h1>
    <form class="ask" @submit=${ask}>
      <label for="typed">A request: <code>GET /path</code> with header fields below it, or what “Copy as cURL” gives</label>
      <textarea id="typed" rows="4" spellcheck="false" aria-describedby="typed-hint" .value=${typed} @input=${(
        event: Event,
      ) => {
        typed = (event.target as HTMLTextAreaElement).value;
      }}></textarea>
      <p class="hint" id="typed-hint">Nothing is sent to the site: routers’ own code is asked what it would do.</p>
      <div class="line">
        <label for="address">The client’s address</label>
        <input id="address" .value=${address} @input=${(event: Event) => {
          address = (event.target as HTMLInputElement).value;
        }}>
        <button type="submit" class="primary" ?disabled=${asking}>Where does it go?</button>
      </div>
    </form>
    <div aria-live="polite">
      ${unreadable ? html`<p class="problem">This is neither <code>METHOD /path</code> nor a curl command.</p>` : error !== null ? errorBox(error) : value === undefined ? nothing : answer(value)}
    </div>`;
}

function ask(event: Event): void {
  event.preventDefault();
  const request = readTyped(typed);
  unreadable = request === null;
  if (request === null) changed();
  else void loadByPost('/v1/explain', { ...request, address: address.trim() || '127.0.0.1' }, key);
}

function answer(said: InquiryAnswer<'explain'>): TemplateResult {
  const { request, params, policy, rivals } = said;
  const held = said.outcome === 'hold' ? 'held, then ' : '';
  const end = Math.round((said.readPercent ?? 0) * 100);
  const rows: readonly (readonly [string, unknown])[] = [
    [
      'Request',
      html`<code>${request.method} ${request.path}${request.query === '' ? '' : `?${request.query}`}</code>`,
    ],
    ['Goes to', html`<strong>${held}${sideName(said.side)}</strong>`],
    ['Because', said.why],
    [
      'Route',
      said.route === null ? 'none' : html`<code>${said.route}</code> (${said.access}, ${callOf(said.call)})`,
    ],
    ...Object.entries(params).map(([name, value]) => [`:${name}`, html`<code>${value}</code>`] as const),
    ...(said.feature === null
      ? []
      : ([
          [
            'Feature',
            html`<a href=${hashOf({ name: 'feature', feature: said.feature })}>${said.feature}</a>, stage ${stageName(said.stage ?? '')}, rows owned by ${said.owner}`,
          ],
        ] as const)),
    ...(said.cohort === null ? [] : ([['Cohort', said.cohort]] as const)),
    ...(said.bucket === null
      ? said.readPercent === null
        ? []
        : ([['Canary', `${said.readPercent} %`]] as const)
      : ([
          ['Client', html`<code>${said.identity}</code> is in bucket ${said.bucket}`],
          [
            'Canary',
            html`${said.readPercent} %: ${end === 0 ? 'no bucket' : `buckets 0 to ${end - 1}`} of ${buckets}${bucketBar(said.bucket, end)}`,
          ],
        ] as const)),
    ...(said.deadlineMs === null ? [] : ([['Deadline', `${said.deadlineMs} ms`]] as const)),
    [
      'Policy',
      html`${Object.entries(policy)
        .filter(([, { value }]) => value !== null)
        .map(
          ([name, { value, from }]) =>
            html`<div>${name} ${typeof value === 'object' ? JSON.stringify(value) : String(value)} <span class="faint">(${from})</span></div>`,
        )}`,
    ],
    ...rivals.map(({ route, why }) => ['Not', html`<code>${route}</code>: ${why}`] as const),
    ['Route table', said.version],
  ];
  return html`<section><dl class="facts">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>`;
}

function callOf(call: InquiryAnswer<'explain'>['call']): string {
  return call === null ? '' : 'method' in call ? `${call.kind} ${call.method}` : call.kind;
}

/** Where the client's bucket lies, and how far the canary reaches. */
function bucketBar(bucket: number, end: number): TemplateResult {
  return html`<svg class="buckets" viewBox="0 0 ${buckets} 300" preserveAspectRatio="none" role="img" aria-label="Bucket ${bucket} lies ${bucket < end ? 'inside' : 'outside'} the canary">
    <rect class="all" width=${buckets} height="300"></rect>
    <rect class="inside" width=${end} height="300"></rect>
    <rect class="own" x=${Math.max(0, bucket - 30)} width="60" height="300"></rect>
  </svg>`;
}
