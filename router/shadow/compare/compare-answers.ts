import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { Answer } from './answer.ts';
import { compareJson } from './compare-json.ts';
import type { CompareSettings } from './compare-settings.ts';
import type { Difference, DifferenceKind } from './difference.ts';
import { DifferenceList } from './difference-list.ts';
import { headerValues } from './header-values.ts';
import { readJson } from './read-json.ts';
import { WorkBudget } from './work-budget.ts';

/** Values, elements and comparisons of one pair of answers: some 20 ms at most. */
const mostSteps = 150_000;

/** Where two answers to one request differ. Pure; its time and memory are bounded whatever the answers hold. */
export function compareAnswers(
  primary: Answer,
  other: Answer,
  settings: CompareSettings,
): readonly Difference[] {
  const found = new DifferenceList();
  if (primary.status !== other.status) {
    const [a, b] = [String(primary.status), String(other.status)];
    found.add({ path: 'status', kind: 'status', primary: a, other: b });
    // An error's body has nothing in common with that of a good answer: everything in it would differ.
    if (Math.floor(primary.status / 100) !== Math.floor(other.status / 100)) return found.all;
  }
  compareHeaders(primary, other, settings, found);
  compareBodies(primary, other, settings, found);
  return found.all;
}

function compareHeaders(
  primary: Answer,
  other: Answer,
  settings: CompareSettings,
  found: DifferenceList,
): void {
  const a = headerValues(primary.rawHeaders, settings);
  const b = headerValues(other.rawHeaders, settings);
  for (const [name, value] of a) {
    const counterpart = b.get(name) ?? null;
    if (counterpart === value) continue;
    const kind = counterpart === null ? 'missing' : 'value';
    found.add({ path: `header.${name}`, kind, primary: value, other: counterpart });
  }
  for (const [name, value] of b)
    if (!a.has(name)) found.add({ path: `header.${name}`, kind: 'extra', primary: null, other: value });
}

function compareBodies(
  primary: Answer,
  other: Answer,
  settings: CompareSettings,
  found: DifferenceList,
): void {
  const [a, b] = [primary.body ?? empty, other.body ?? empty];
  // Nearly all answers end here.
  if (a.equals(b)) return;
  let kind: DifferenceKind | null;
  if (a.length === 0) kind = 'extra';
  else if (b.length === 0) kind = 'missing';
  else if (!isUtf8(a) || !isUtf8(b)) kind = 'binary';
  else if (claimsJson(primary) || claimsJson(other)) kind = compareTexts(`${a}`, `${b}`, settings, found);
  else kind = 'text';
  if (kind === null) return;
  found.add({
    path: 'body',
    kind,
    primary: kind === 'extra' ? null : fingerprint(a),
    other: kind === 'missing' ? null : fingerprint(b),
  });
}

/** Null where all that differs has been listed. */
function compareTexts(
  a: string,
  b: string,
  settings: CompareSettings,
  found: DifferenceList,
): DifferenceKind | null {
  const budget = new WorkBudget(mostSteps);
  const [primary, other] = [readJson(a, budget), readJson(b, budget)];
  if (primary === undefined || other === undefined) return budget.spent ? 'unexamined' : 'text';
  compareJson(primary, other, { parent: null, segment: 'body' }, settings, budget, found);
  return budget.spent || found.full ? 'unexamined' : null;
}

const empty = Buffer.alloc(0);

function claimsJson({ rawHeaders }: Answer): boolean {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]!.toLowerCase() !== 'content-type') continue;
    return /^(?:application|text)\/(?:[\w.+-]+\+)?json\b/i.test(rawHeaders[i + 1]!.trim());
  }
  return false;
}

function fingerprint(body: Buffer): string {
  return `${body.length} bytes, sha256 ${createHash('sha256').update(body).digest('hex').slice(0, 16)}`;
}
