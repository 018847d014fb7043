import type { Response } from 'express';
import type { User } from '../models/user-table.ts';
import { type Html, html } from './html.ts';

/** A part of the shop that has pages: where they lie, and where their menu leads. */
export interface Site {
  /** `/admin`, say. */
  readonly base: string;
  readonly name: string;
  readonly menu: readonly { readonly path: string; readonly text: string }[];
}

export interface PageOptions {
  readonly site: Site;
  readonly title: string;
  /** Who is logged in. */
  readonly user?: User | undefined;
  /** Told once, above the page: what the form before it did. */
  readonly flash?: string | undefined;
  readonly main: Html;
  /** A script among the assets. */
  readonly script?: string;
}

/** Nothing but our own files: text that got through as HTML would still run nothing. */
const policy = [
  "default-src 'none'",
  ...['style-src', 'script-src', 'connect-src', 'img-src', 'form-action'].map((kind) => `${kind} 'self'`),
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Sends a page, with the menu when somebody is logged in. */
export function sendPage(response: Response, options: PageOptions): void {
  response.set({
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
    'Cache-Control': 'private, no-cache',
  });
  response.type('html').send(String(layout(options)));
}

function layout({ site, title, user, flash, main, script }: PageOptions): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – ${site.name}</title>
<link rel="stylesheet" href="${site.base}/assets/shop.css">
${script !== undefined && html`<script src="${site.base}/assets/${script}" defer></script>`}
</head>
<body>
<a class="skip" href="#main">Skip to the page</a>
${user !== undefined && menu(site, user)}
<main id="main">
<h1>${title}</h1>
${flash !== undefined && html`<p class="flash" role="status">${flash}</p>`}
${main}
</main>
</body>
</html>
`;
}

function menu({ base, name, menu }: Site, user: User): Html {
  return html`<header>
<nav aria-label="${name}"><a class="name" href="${base}">${name}</a>
${menu.map(({ path, text }) => html`<a href="${base}${path}">${text}</a>\n`)}</nav>
<form method="post" action="${base}/logout"><span>${user.name}</span> <button>Log out</button></form>
</header>`;
}

/** A table that scrolls by itself where the screen is narrower, by keyboard as well. */
export function table(label: string, heads: readonly string[], rows: readonly Html[], id?: string): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody${id !== undefined && html` id="${id}"`}>
${rows}</tbody>
</table></div>${rows.length === 0 && html`<p class="none">None.</p>`}`;
}

/** A `<select>` with one chosen. */
export function select(name: string, choices: readonly string[], chosen: string): Html {
  return html`<select name="${name}">${choices.map(
    (choice) => html`<option${choice === chosen && html` selected`}>${choice}</option>`,
  )}</select>`;
}

/** As people read it; the machine's form is in the attribute. */
export function time(at: Date): Html {
  const iso = at.toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')}</time>`;
}
