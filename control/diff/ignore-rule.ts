import type { Difference } from '../../router/shadow/compare/index.ts';

/** A difference that is meant to be, or does not matter: with who says so and why. Durable state of the feature. */
export interface IgnoreRule {
  /** Route id; null: every route. */
  readonly route: string | null;
  /** As `banyan diff` shows it; a `*` stands for anything. */
  readonly path: string;
  /** Null: whatever differs there. */
  readonly kind: string | null;
  readonly who: string;
  readonly why: string;
  /** ISO 8601, the state store's clock. */
  readonly at: string;
}

/** The first rule that covers a difference. */
export function ruleFor(
  rules: readonly IgnoreRule[],
  route: string,
  { path, kind }: Pick<Difference, 'path' | 'kind'>,
): IgnoreRule | null {
  const covers = (rule: IgnoreRule) =>
    (rule.route === null || rule.route === route) &&
    (rule.kind === null || rule.kind === kind) &&
    matches(rule.path, path);
  return rules.find(covers) ?? null;
}

function matches(pattern: string, path: string): boolean {
  const parts = pattern.split('*');
  const [first = ''] = parts;
  if (parts.length === 1) return pattern === path;
  if (!path.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = path.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  const last = parts.at(-1)!;
  return path.length - last.length >= at && path.endsWith(last);
}
