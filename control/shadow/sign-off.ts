import { BanyanError } from '../../common/errors.ts';
import type { FeatureState } from '../feature/feature-state.ts';
import type { Actor, LeaseGrant, StateStore } from '../store/index.ts';
import { type DiffReport, judgeShadow } from './judge-shadow.ts';
import type { SignOff } from './shadow-state.ts';

/**
 * Records that somebody takes the differences of the run as they are. Throws `BANYAN_DIFF_OPEN` while there are any that nobody has
 * ignored, or nothing was compared.
 */
export async function signOff(
  store: StateStore,
  lease: LeaseGrant,
  feature: string,
  { who, why }: Actor,
): Promise<SignOff> {
  const report = await judgeShadow(store, feature);
  const open = openDifferences(report);
  if (open !== null)
    throw new BanyanError('BANYAN_DIFF_OPEN', `${feature} is not signed off: ${open.what}.`, {
      fix: open.fix,
    });
  const { compared } = report;
  const { run } = report.shadow!;
  let signedOff!: SignOff;
  await store.change({
    feature,
    action: 'diff signed off',
    who,
    why,
    lease,
    change: ({ state, now }) => {
      const { shadow } = state;
      if (shadow?.run !== run) {
        throw new BanyanError('BANYAN_DIFF_OPEN', `The shadow of ${feature} began anew meanwhile.`, {
          fix: `Look at \`banyan diff ${feature}\` again.`,
        });
      }
      signedOff = { run, at: now, who, why, compared };
      return { ...state, shadow: { ...shadow, signedOff } };
    },
  });
  return signedOff;
}

/** Whether the sign-off of the run still holds: nothing has proved different since. For the gate of a cutover. */
export async function signOffStanding(
  store: StateStore,
  state: FeatureState,
): Promise<readonly [ok: boolean, detail: string]> {
  const signedOff = state.shadow?.signedOff ?? null;
  if (signedOff === null || signedOff.run !== state.shadow?.run)
    return [false, 'nobody has signed off how the answers of both sides differ'];
  const open = openDifferences(await judgeShadow(store, state.feature));
  if (open !== null) return [false, `since it was signed off: ${open.what}`];
  return [true, `signed off by ${signedOff.who} at ${signedOff.at}, after ${signedOff.compared} requests`];
}

function openDifferences(report: DiffReport): { what: string; fix: string } | null {
  const { feature, compared, different, routes } = report;
  if (compared === 0)
    return {
      what: 'no answer was compared yet',
      fix: `Run \`banyan shadow ${feature} --percent 100\` and let traffic come.`,
    };
  const few = routes.filter((route) => route.tooFew).map((route) => `${route.route} (${route.compared})`);
  if (few.length === routes.length)
    return { what: `too few answers were compared: ${few.join(', ')}`, fix: 'Let more traffic come.' };
  if (different === 0) return null;
  const places = routes.flatMap(({ route, paths }) =>
    paths.filter(({ verdict }) => verdict === 'different').map(({ path }) => `${route} ${path}`),
  );
  return {
    what: `${different} differences: ${places.slice(0, 5).join(', ')}${places.length > 5 ? ', …' : ''}`,
    fix: `Put the service right, or \`banyan ignore ${feature} --path …\` with the reason why it does not matter.`,
  };
}
