import { Markup } from './html.ts';

/** Of the story's page. */
export const style = new Markup(`
:root { color-scheme: light dark; --text: #1b2026; --faint: #56606b; --line: #d9dde2; --accent: #1f5fbf; --legacy: #8f5200; --service: #0a58b8; --bad: #b3201a; --ground: #fff; }
@media (prefers-color-scheme: dark) { :root { --text: #e5e8eb; --faint: #a2acb7; --line: #323941; --accent: #7fb9ff; --legacy: #e8ad66; --service: #7fb9ff; --bad: #ff8f86; --ground: #14181c; } }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
main { max-width: 900px; margin: 0 auto; padding: 32px 20px; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.25; margin: 0 0 8px; }
h2 { font-size: 18px; } h3 { font-size: 15px; }
section { margin-top: 32px; } article { margin: 16px 0; }
dl { display: grid; grid-template-columns: 180px 1fr; gap: 4px 16px; margin: 0; }
dt, .faint { color: var(--faint); } dd { margin: 0; }
.legacy { color: var(--legacy); } .service { color: var(--service); } .bad { color: var(--bad); }
table { width: 100%; border-collapse: collapse; } th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--faint); font-weight: 500; } .number { text-align: right; }
svg { display: block; width: 100%; height: 18px; margin: 8px 0; }
.even { fill: var(--accent); } .odd { fill: color-mix(in srgb, var(--accent) 45%, var(--ground)); }
.step { margin-right: 14px; white-space: nowrap; }
@media print { details { display: block; } }
`);
