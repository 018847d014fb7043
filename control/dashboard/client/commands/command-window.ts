import { html, nothing, type TemplateResult } from 'lit-html';
import type {
  FeatureStatus,
  HandoverRehearsal,
  JointRehearsal,
} from '../../../api/contract/answers/index.ts';
import { forcible } from '../../../conductor/forcible.ts';
import { errorBox } from '../parts/error.ts';
import { progressBar } from '../parts/progress.ts';
import { changed, featureNamed, state } from '../state.ts';
import { type Command, commands, type Field, featuresOf, whyNot } from './catalog.ts';
import { rehearsalOf, resultOf } from './outcomes.ts';
import { bodyKey, closeCommand, giveCommand, rehearseCommand } from './run-command.ts';
import type { RunningCommand } from './running-command.ts';

/** The window of a command: what it does, its fields, what its dry run says, how far it is and what came of it. */
export function commandWindow(): TemplateResult | typeof nothing {
  const { command } = state;
  if (command === null) return nothing;
  const about: Command = commands[command.name];
  const one = featureNamed(command.feature);
  const busy = command.phase === 'rehearsing' || command.phase === 'running';
  const begun = command.phase === 'running' || command.phase === 'done';
  return html`<form method="dialog" novalidate @submit=${(event: Event) => {
    event.preventDefault();
    if (reasonNot(command, about, one) === null) void giveCommand(command);
  }}>
    <h2 id="command-title">${about.title} ${command.feature}</h2>
    <p>${about.says}</p>
    ${begun || about.fields.length === 0 ? nothing : fields(command, about, one)}
    ${command.rehearsal === null ? nothing : html`<div class="rehearsal" aria-live="polite">${rehearsalOf(command.rehearsal.answer)}</div>`}
    ${begun ? nothing : [forcing(command), textField(command, 'why', 'Why', state.session?.requireWhy === true ? 'Required; kept in the audit log.' : 'Kept in the audit log.')]}
    ${!begun && about.confirmed ? textField(command, 'typed', `Type the feature’s name to confirm: ${command.feature}`, '') : nothing}
    <div aria-live="polite">
      ${command.phase === 'rehearsing' ? html`<p class="faint">Looking at every guard …</p>` : nothing}
      ${command.progress.map(progressBar)}
      ${command.error === null ? nothing : errorBox(command.error)}
      ${command.phase === 'done' && command.error === null ? resultOf(command.name, command.result) : nothing}
    </div>
    ${begun ? nothing : reasonLine(reasonNot(command, about, one))}
    <div class="buttons">
      ${begun || !about.rehearsed ? nothing : html`<button type="button" ?disabled=${busy} @click=${() => void rehearseCommand(command)}>Dry run</button>`}
      ${begun ? nothing : html`<button type="submit" class=${about.confirmed ? 'danger' : 'primary'} aria-disabled=${reasonNot(command, about, one) !== null} aria-describedby="command-reason">${about.title}</button>`}
      <button type="button" @click=${closeCommand}>${command.phase === 'running' ? 'Close (it goes on)' : 'Close'}</button>
    </div>
  </form>`;
}

/** Those of a handover are for the few who need them. */
function fields(command: RunningCommand, about: Command, one: FeatureStatus | undefined): TemplateResult {
  const rows = about.fields.map((field) => fieldRow(field, command, one));
  return about.confirmed ? html`<details><summary>Options</summary>${rows}</details>` : html`${rows}`;
}

/** What keeps it from being given at this moment; null: nothing. */
function reasonNot(command: RunningCommand, about: Command, one: FeatureStatus | undefined): string | null {
  const because = whyNot(command.name, one, asker());
  if (because !== null) return because;
  if (state.session?.role === 'read') return 'Your token may look and make dry runs, and change nothing.';
  if (command.phase === 'rehearsing') return 'The dry run is under way.';
  if (about.rehearsed && command.rehearsal?.of !== bodyKey(command)) return 'Make a dry run of this first.';
  const rehearsal = command.rehearsal?.answer as
    | Partial<HandoverRehearsal & { faults: readonly unknown[] }>
    | undefined;
  if (rehearsal?.wouldBegin === false)
    return 'It would not begin: do what the guards say, then make another dry run.';
  if ((rehearsal?.faults?.length ?? 0) > 0) return 'It would not begin: put right what is told above.';
  if (state.session?.requireWhy === true && command.why.trim() === '') return 'Say why.';
  if (about.confirmed && command.typed !== command.feature) return 'Type the feature’s name.';
  return null;
}

export function asker() {
  const { session, connection, status } = state;
  return {
    role: session?.role ?? 'read',
    live: connection === 'live',
    standby: status?.role === 'standby',
  } as const;
}

function reasonLine(reason: string | null): TemplateResult {
  return html`<p class="faint" id="command-reason" role="status">${reason ?? ''}</p>`;
}

function textField(
  command: RunningCommand,
  name: 'why' | 'typed',
  label: string,
  hint: string,
): TemplateResult {
  return html`<div class="field">
    <label for=${`command-${name}`}>${label}</label>
    <input id=${`command-${name}`} autocomplete="off" maxlength="2000" .value=${command[name]} @input=${(
      event: Event,
    ) => {
      command[name] = (event.target as HTMLInputElement).value;
      changed();
    }}>
    ${hint === '' ? nothing : html`<p class="hint">${hint}</p>`}
  </div>`;
}

function fieldRow(
  { name, label, kind, hint }: Field,
  command: RunningCommand,
  one: FeatureStatus | undefined,
): TemplateResult {
  const id = `field-${name}`;
  const value = command.fields[name];
  const set = (next: string | boolean) => {
    command.fields = { ...command.fields, [name]: next };
    changed();
  };
  if (kind === 'features') {
    const [, ...chosen] = featuresOf(command.feature, command.fields);
    const others = (state.status?.features ?? []).filter(
      (other) => other.name !== command.feature && whyNot(command.name, other, asker()) === null,
    );
    if (others.length === 0) return html``;
    const toggle = (name: string) =>
      set((chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name]).join(','));
    return html`<fieldset><legend>${label}</legend>
      ${others.map((other) => html`<div class="field flag"><input type="checkbox" id=${`${id}-${other.name}`} .checked=${chosen.includes(other.name)} @change=${() => toggle(other.name)}><label for=${`${id}-${other.name}`}>${other.name}</label></div>`)}
      ${hint === undefined ? nothing : html`<p class="hint">${hint}</p>`}
    </fieldset>`;
  }
  if (kind === 'flag') {
    return html`<div class="field flag"><input id=${id} type="checkbox" .checked=${value === true} @change=${(event: Event) => set((event.target as HTMLInputElement).checked)}><label for=${id}>${label}</label></div>`;
  }
  const input =
    kind === 'route'
      ? html`<select id=${id} @change=${(event: Event) => set((event.target as HTMLSelectElement).value)}>
          <option value="">all reads</option>
          ${one?.routes.filter(({ access }) => access === 'read').map((route) => html`<option value=${route.id} ?selected=${route.id === value}>${route.id}</option>`)}
        </select>`
      : html`<input id=${id} autocomplete="off" .value=${typeof value === 'string' ? value : ''} @input=${(event: Event) => set((event.target as HTMLInputElement).value)}>`;
  return html`<div class="field"><label for=${id}>${label}</label>${input}${hint === undefined ? nothing : html`<p class="hint">${hint}</p>`}</div>`;
}

function isForcible(check: string): boolean {
  return forcible.some((name) => name === check);
}

/** Guards that said no, and that a person may know better about. */
function forcing(command: RunningCommand): TemplateResult | typeof nothing {
  const said = command.rehearsal?.answer as Partial<HandoverRehearsal & JointRehearsal> | undefined;
  const gate = said?.gate ?? said?.features?.flatMap((one) => one.gate) ?? [];
  const forced = String(command.fields.force ?? '')
    .split(',')
    .filter(Boolean);
  const closed = gate.filter(({ check, ok, forced }) => isForcible(check) && (!ok || forced));
  const names = [...new Set(closed.map(({ check }) => check))];
  if (names.length === 0) return nothing;
  const toggle = (name: string) => {
    const next = forced.includes(name) ? forced.filter((one) => one !== name) : [...forced, name];
    command.fields = { ...command.fields, force: next.join(',') };
    changed();
  };
  return html`<fieldset><legend>Begin though these say no; kept in the audit log</legend>
    ${names.map((name) => html`<div class="field flag"><input type="checkbox" id=${`force-${name}`} .checked=${forced.includes(name)} @change=${() => toggle(name)}><label for=${`force-${name}`}>${name}</label></div>`)}
  </fieldset>`;
}
