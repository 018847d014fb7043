import { html, nothing, render, type TemplateResult } from 'lit-html';
import { tellStatus } from '../../api/words/told.ts';
import { commandWindow } from './commands/command-window.ts';
import { closeCommand } from './commands/run-command.ts';
import { logOut } from './http.ts';
import { goLive } from './live.ts';
import { auditPage } from './pages/audit.ts';
import { featurePage, followFeature, followOpen, openFeature } from './pages/feature.ts';
import { monolithPage, openMonolith } from './pages/monolith.ts';
import { overviewPage } from './pages/overview.ts';
import { requestPage } from './pages/request.ts';
import { toldList } from './parts/marks.ts';
import { hashOf, type Page, pageOf } from './pure/page.ts';
import { changed, onChange, type SessionFacts, state } from './state.ts';

const titles = { overview: 'Overview', request: 'Request', monolith: 'Monolith', audit: 'Audit' } as const;

function app(): TemplateResult {
  return html`
    <a class="skip" href="#main" @click=${skip}>Skip to the content</a>
    ${header()}
    <main id="main" tabindex="-1">${sharedTroubles()}${state.status === null ? html`<p class="loading">Loading …</p>` : page()}</main>
    <dialog aria-labelledby="command-title" @cancel=${closeCommand} @close=${closeCommand}>${commandWindow()}</dialog>`;
}

/** What the status cannot tell of: where the state store is away there is none. */
function sharedTroubles(): TemplateResult | typeof nothing {
  const known = state.status === null ? [] : tellStatus(state.status).map(({ what }) => what);
  const told = state.troubles
    .filter((what) => !known.includes(what))
    .map((what) => ({ feature: null, level: 'bad', what, code: null, fix: null, more: [] }) as const);
  return toldList(told, false);
}

function page(): TemplateResult {
  const { page, status } = state;
  switch (page.name) {
    case 'feature':
      return featurePage(page.feature);
    case 'request':
      return requestPage();
    case 'monolith':
      return monolithPage();
    case 'audit':
      return auditPage();
    default:
      return overviewPage(status!);
  }
}

function header(): TemplateResult {
  const { session, status, connection } = state;
  const link = (target: Page & { name: keyof typeof titles }) =>
    html`<a href=${hashOf(target)} aria-current=${state.page.name === target.name ? 'page' : nothing}>${titles[target.name]}</a>`;
  const holder = status?.control?.holder.split('/').slice(0, 2).join(' pid ') ?? 'nobody';
  const live = {
    connecting: 'connecting',
    live: 'live',
    lost: 'control does not answer; trying again',
  } as const;
  return html`<header>
    <a class="brand" href="#/">banyan</a>
    <nav aria-label="Pages">${link({ name: 'overview' })}${link({ name: 'request' })}${link({ name: 'monolith' })}${link({ name: 'audit' })}</nav>
    <span class="connection ${connection}" role="status">${live[connection]}${status?.role === 'standby' ? ', stands by' : ''}</span>
    <span class="faint conducts">conducting: ${holder}</span>
    <span class="who">${session?.who}${session?.role === 'read' ? ' (may look)' : ''}</span>
    <button type="button" class="quiet" @click=${() => void logOut()}>Log out</button>
  </header>`;
}

/** The address's `#` is the page: it cannot lead to an element, too. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

/** The page that has asked for what it shows: the hash of a feature's, or the name. */
let opened: string | null = null;

/** What a page shows besides the status is asked for once there is a status, and followed while the page is open. */
function follow(): void {
  const { page, status } = state;
  if (status === null) return;
  if (page.name === 'monolith' && opened !== page.name) {
    opened = page.name;
    openMonolith();
  }
  if (page.name !== 'feature') return;
  const hash = hashOf(page);
  if (opened !== hash) {
    opened = hash;
    openFeature(page.feature);
  } else followOpen(page.feature);
}

function turn(): void {
  state.page = pageOf(location.hash);
  const { page } = state;
  opened = null;
  document.title = `${page.name === 'feature' ? page.feature : titles[page.name]} · banyan`;
  follow();
  changed();
}

/** A window is opened and closed as such, so that the keyboard stays in it, and comes back to where it was. */
function showWindow(dialog: HTMLDialogElement): void {
  if (state.command !== null && !dialog.open) dialog.showModal();
  else if (state.command === null && dialog.open) dialog.close();
}

async function start(): Promise<void> {
  const response = await fetch('/dashboard/session', { credentials: 'same-origin' });
  if (response.status === 401) return location.assign('/dashboard/login');
  state.session = (await response.json()) as SessionFacts;
  addEventListener('hashchange', () => {
    turn();
    scrollTo(0, 0);
  });
  const place = document.getElementById('app')!;
  place.replaceChildren();
  onChange(() => {
    render(app(), place);
    showWindow(place.querySelector('dialog')!);
  });
  turn();
  goLive((feature) => {
    if (state.page.name === 'monolith') openMonolith();
    if (state.page.name === 'feature' && state.page.feature === feature) followFeature(feature);
  });
  // What is told as a time from now is another one with each second.
  setInterval(() => {
    follow();
    changed();
  }, 1_000);
}

void start();
