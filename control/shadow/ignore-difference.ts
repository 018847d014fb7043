import { BanyanError } from '../../common/errors.ts';
import { differenceKinds } from '../../router/shadow/compare/difference.ts';
import type { IgnoreRule } from '../diff/ignore-rule.ts';
import type { Actor, LeaseGrant, StateStore } from '../store/index.ts';
import type { ShadowSubject } from './set-shadow.ts';

export interface IgnoreRequest extends Actor {
  /** As `banyan diff` shows it; `*` stands for anything. */
  readonly path: string;
  readonly kind?: string | undefined;
  readonly route?: string | undefined;
  /** Takes the rule back. */
  readonly remove?: boolean | undefined;
}

/** Adds or removes a rule of what does not count. Throws `BANYAN_REQUEST_INVALID`; nothing is changed then. */
export async function ignoreDifference(
  store: StateStore,
  lease: LeaseGrant,
  subject: ShadowSubject,
  request: IgnoreRequest,
): Promise<{ readonly ignore: readonly IgnoreRule[] }> {
  const { path, who, why, remove } = request;
  const [kind, route] = [request.kind ?? null, request.route ?? null];
  if (kind !== null && !differenceKinds.some((known) => known === kind))
    throw invalid(`${kind} is no kind of difference`, `Name one of: ${differenceKinds.join(', ')}.`);
  if (route !== null && !subject.routes.some(({ id }) => id === route)) {
    const known = subject.routes.map(({ id }) => id).join(', ');
    throw invalid(`${subject.name} has no route ${route}`, `Name one of: ${known}.`);
  }
  const { state } = await store.change({
    feature: subject.name,
    action: remove ? `ignore no more ${path}` : `ignore ${path}`,
    who,
    why,
    lease,
    change: ({ state: before, now }) => {
      const { shadow } = before;
      if (shadow === null)
        throw invalid(
          `${subject.name} has no shadow`,
          `Begin one: \`banyan shadow ${subject.name} --percent 10\`.`,
        );
      const isSame = (rule: IgnoreRule) => rule.path === path && rule.kind === kind && rule.route === route;
      const others = shadow.ignore.filter((rule) => !isSame(rule));
      if (remove && others.length === shadow.ignore.length)
        throw invalid(
          `there is no such rule for ${path}`,
          `\`banyan diff ${subject.name} --json\` lists them.`,
        );
      const ignore = remove ? others : [...others, { path, kind, route, who, why, at: now }];
      return { ...before, shadow: { ...shadow, ignore } };
    },
  });
  return { ignore: state.shadow!.ignore };
}

function invalid(what: string, fix: string): BanyanError {
  return new BanyanError('BANYAN_REQUEST_INVALID', `That cannot be ignored: ${what}.`, { fix });
}
