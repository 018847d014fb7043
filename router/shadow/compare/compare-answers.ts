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
  first: Answer,
  second: Answer,
  settings: CompareSettings,
): readonly Difference[] {
  const found = new DifferenceList();
  if (first.status !== second.status) {
    const statuses = [first.status, second.status];
    // Each pair for itself: a 404 where legacy finds something is not lost among the 503s that both sides have.
    const path = `status ${statuses.toSorted((a, b) => a - b).join('/')}`;
    found.add({ path, kind: 'status', first: `${first.status}`, second: `${second.status}` });
    // An error's body has nothing in common with that of a good answer: everything in it would differ.
    if (Math.floor(first.status / 100) !== Math.floor(second.status / 100)) return found.all;
  }
  compareHeaders(first, second, settings, found);
  compareBodies(first, second, settings, found);
  return found.all;
}

function compareHeaders(
  first: Answer,
  second: Answer,
  settings: CompareSettings,
  found: DifferenceList,
): void {
  const a = headerValues(first.rawHeaders, settings);
  const b = headerValues(second.rawHeaders, settings);
  for (const [name, value] of a) {
    const counterpart = b.get(name) ?? null;
    if (counterpart === value) continue;
    const kind = counterpart === null ? 'presence' : 'value';
    found.add({ path: `header.${name}`, kind, first: value, second: counterpart });
  }
  for (const [name, value] of b)
    if (!a.has(name)) found.add({ path: `header.${name}`, kind: 'presence', first: null, second: value });
}

function compareBodies(
  first: Answer,
  second: Answer,
  settings: CompareSettings,
  found: DifferenceList,
): void {
  const [a, b] = [first.body ?? empty, second.body ?? empty];
  // Nearly all answers end here.
  if (a.equals(b)) return;
  let kind: DifferenceKind | null;
  if (a.length === 0 || b.length === 0) kind = 'presence';
  else if (!isUtf8(a) || !isUtf8(b)) kind = 'binary';
  else if (claimsJson(first) || claimsJson(second)) kind = compareTexts(`${a}`, `${b}`, settings, found);
  else kind = 'text';
  if (kind === null) return;
  found.add({
    path: 'body',
    kind,
    first: a.length === 0 ? null : fingerprint(a),
    second: b.length === 0 ? null : fingerprint(b),
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
  const [first, second] = [readJson(a, budget), readJson(b, budget)];
  if (first === undefined || second === undefined) return budget.spent ? 'unexamined' : 'text';
  compareJson(first, second, { parent: null, segment: 'body' }, settings, budget, found);
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
