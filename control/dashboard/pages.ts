import { ending } from './files/client-files.ts';

const files = '/dashboard/files/control/dashboard/client';
const sheets = ['ground', 'head', 'forms', 'words', 'overview', 'feature', 'request', 'window'];

/** The page that the client's modules fill. */
export function dashboardPage(): string {
  return page(
    'banyan',
    `<div id="app"><p class="loading">Loading …</p></div>
    <noscript><p class="loading">The dashboard needs JavaScript. <code>banyan status</code> says the same in a terminal.</p></noscript>`,
    `<script type="module" src="${files}/main.${ending}"></script>`,
  );
}

/** What stands on it is banyan's own text: nothing that anybody sent. */
export function loginPage(problem: string | null): string {
  const told = problem === null ? '' : `<p class="problem" role="alert" id="problem">${problem}</p>`;
  const described = problem === null ? '' : ' aria-describedby="problem" aria-invalid="true"';
  return page(
    'Log in · banyan',
    `<main class="login">
      <h1>banyan</h1>
      <form method="post" action="/dashboard/login">
        ${told}
        <label for="who">Your name</label>
        <input id="who" name="who" autocomplete="username" maxlength="100" required autofocus>
        <p class="hint">Kept in the audit log with all that you change.</p>
        <label for="token">Admin token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required${described}>
        <p class="hint">From the file of <code>control.tokenFile</code>, or of one of <code>control.tokens</code>.</p>
        <button type="submit" class="primary">Log in</button>
      </form>
      <p class="hint">Came by a link, and are logged in already? <a href="/dashboard/">Go on</a>: no browser sends your session along with another site’s link.</p>
    </main>`,
    `<script type="module" src="${files}/login.${ending}"></script>`,
  );
}

function page(title: string, body: string, script: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>${title}</title>
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <link rel="icon" href="${files}/style/icon.svg" type="image/svg+xml">
    ${sheets.map((name) => `<link rel="stylesheet" href="${files}/style/${name}.css">`).join('\n    ')}
    ${script}
  </head>
  <body>
    ${body}
  </body>
</html>
`;
}
