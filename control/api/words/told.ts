import { counted } from '../../../common/numbers.ts';
import type { FeatureStatus, StatusReport } from '../contract/answers/index.ts';

/** One thing that people should know of a status, and what to do about it. */
export interface Told {
  /** null: of what all features share. */
  readonly feature: string | null;
  /** `bad`: it does not work; `warn`: it will not, or not as it should; `note`: nothing is wrong. */
  readonly level: 'bad' | 'warn' | 'note';
  readonly what: string;
  /** Of an error; null: it has none. */
  readonly code: string | null;
  readonly fix: string | null;
  /** What is known of it besides, a line each. */
  readonly more: readonly string[];
}

/**
 * What is wrong with all that a status tells of, in the words of `banyan status` and of the dashboard. Pure. The command line and
 * the browser both say it: neither has words of its own.
 */
export function tellStatus(status: StatusReport): readonly Told[] {
  const { features } = status;
  return [
    ...features.flatMap(failures),
    ...features.flatMap(troubles),
    ...features.flatMap(waits),
    ...features.flatMap(locks),
    ...features.flatMap(findings),
    ...features.flatMap(freezes),
    ...features.flatMap(losses),
    ...features.flatMap(refusals),
    ...unreached(status),
    ...unserved(status),
    ...features.flatMap(oneWay),
    ...otherConfigs(status),
  ];
}

const plain = { code: null, fix: null, more: [] } as const;

function failures({ name, failing }: FeatureStatus): Told[] {
  if (failing === null) return [];
  const { message, code, fix } = failing;
  return [{ feature: name, level: 'bad', what: message, code, fix, more: [] }];
}

/** What the mover cannot do at this moment; where it has given up, that is told instead. */
function troubles({ name, failing, paused, move }: FeatureStatus): Told[] {
  const trouble = move?.trouble ?? null;
  if (trouble === null || failing !== null || paused) return [];
  const fix =
    '`banyan check` says which server cannot be reached, or what an account lacks; the move goes on by itself once that is put right.';
  return [{ ...plain, feature: name, level: 'warn', what: trouble, fix }];
}

/** Work of the mover for which somebody's transaction must end. */
function waits({ name, failing, move }: FeatureStatus): Told[] {
  const { progress = null } = move ?? {};
  if (progress?.phase !== 'wait' || failing !== null) return [];
  const fix = 'It goes on by itself when they end; KILL ends one that nobody needs.';
  return [{ ...plain, feature: name, level: 'warn', what: `waiting: ${progress.about ?? ''}`, fix }];
}

function locks({ name, owner, move }: FeatureStatus): Told[] {
  // A control process of an earlier version does not say.
  const locked = move?.lockedKeys ?? 0;
  if (locked === 0) return [];
  const there = owner === 'legacy' ? 'the service' : 'legacy';
  const what = `changes of ${counted(locked, 'row')} wait: on ${there}'s server somebody else has locked these rows; all others go on`;
  const fix = `They go on by themselves when that transaction ends (SHOW PROCESSLIST on ${there}'s server).`;
  return [{ ...plain, feature: name, level: 'warn', what, fix }];
}

function freezes({ name, frozen }: FeatureStatus): Told[] {
  if (frozen === null) return [];
  const { who, why, since } = frozen;
  const what = `frozen by ${who} since ${since.slice(0, 19).replace('T', ' ')} UTC (${why})`;
  return [{ ...plain, feature: name, level: 'note', what, fix: `\`banyan unfreeze ${name}\` lifts it.` }];
}

function findings({ name, finding }: FeatureStatus): Told[] {
  if (finding === null) return [];
  const what = `${finding.what}, since ${finding.since.slice(11, 19)} UTC`;
  return [{ ...plain, feature: name, level: 'warn', what }];
}

/** Somebody has rolled back though legacy lacks writes, and the service's rows are still there, or may be. */
function losses({ name, lost }: FeatureStatus): Told[] {
  // A control process of an earlier version does not say.
  if (!lost) return [];
  const { keys, currentAt, at, who, why, closed, place } = lost;
  const since = currentAt === null ? '' : `; every write from before ${currentAt} is there`;
  const list =
    keys === null
      ? `nobody knows how many writes${since}`
      : `what was written under ${counted(keys, 'key')}, at most`;
  const what = `legacy lacks ${list}: ${who} rolled back with a loss at ${at.slice(0, 19).replace('T', ' ')} UTC (${why})`;
  const fence = closed
    ? `the service's tables (${place}) refuse writes; \`banyan repair ${name} --from legacy --dry-run\` lists what was lost there`
    : `the service's tables (${place}) are closed as soon as that server is seen`;
  const fix = `\`banyan abandon ${name} --clean\` once its rows are needed no more, or another database in the config; then \`banyan copy ${name}\`.`;
  return [{ ...plain, feature: name, level: 'note', what, fix, more: [fence] }];
}

const fewStatements = 3;

/** Somebody writes past the router. */
function refusals({ name, refused }: FeatureStatus): Told[] {
  if (!refused?.count) return [];
  const { side, count, since, lastAt, by } = refused;
  const when = [
    ...(since === null ? [] : [`since ${since.slice(0, 19).replace('T', ' ')} UTC`]),
    ...(lastAt === null ? [] : [`the last about ${lastAt.slice(11, 19)} UTC`]),
  ].join(', ');
  const more =
    by === null
      ? [
          `whose they were that server does not say (its performance_schema is off, or banyan may not read it)`,
        ]
      : by.length === 0
        ? ['whose they were was not seen']
        : by
            .slice(0, fewStatements)
            .map(({ user, host, statement, seen }) => `${user}@${host}, ${seen} seen: ${statement}`);
  const writes = counted(count, 'write');
  const what = `the fence of ${side}'s tables refused ${writes} that did not come through the router, ${when}`;
  return [{ ...plain, feature: name, level: 'warn', what, more }];
}

/** Of a service only once the feature has something to do with it. */
function unreached({ unreachable, unreachableDatabases, features }: StatusReport): Told[] {
  const shared = unreachable.map(
    (refused): Told => ({
      ...plain,
      feature: null,
      level: 'bad',
      what: `legacy does not answer at ${refused}`,
    }),
  );
  const own = features.flatMap((one) =>
    one.stage === 'legacy'
      ? []
      : one.unreachable.map(
          (refused): Told => ({
            ...plain,
            feature: one.name,
            level: 'bad',
            what: `its service does not answer at ${refused}`,
          }),
        ),
  );
  const databases = (unreachableDatabases ?? []).map(
    (refused): Told => ({
      ...plain,
      feature: null,
      level: 'bad',
      what: `the database ${refused}`,
      fix: '`banyan check` tries every database and says what to correct.',
    }),
  );
  return [...shared, ...databases, ...own];
}

/**
 * Routers that would answer 503 where a feature's requests go to its service, or ask it in another way than control knows. A process with seams asks
 * for the features that it has seams of, and no request for another one comes to it.
 */
export function unserved({ features, replicas, config }: StatusReport): Told[] {
  const bad = (what: string): Told => ({ ...plain, feature: null, level: 'bad', what });
  const routers = replicas.filter(({ kind }) => kind === 'router');
  return routers.flatMap(({ host, pid, services, config: own }) => {
    const moving = features.filter(({ stage }) => stage !== 'legacy').map(({ name }) => name);
    const without = moving.filter((name) => !services?.includes(name));
    const other = moving.filter(
      (name) => !without.includes(name) && own !== null && own.features[name] !== config.features[name],
    );
    return [
      ...(without.length === 0
        ? []
        : [
            bad(
              `the router ${host} (${pid}) cannot ask the service of ${without.join(', ')}: its config was without that feature; run \`banyan reload\`, or start it again`,
            ),
          ]),
      ...(other.length === 0
        ? []
        : [
            bad(
              `the router ${host} (${pid}) calls the service of ${other.join(', ')} by another IDL or config than control's; run \`banyan reload\``,
            ),
          ]),
    ];
  });
}

function oneWay({ name, rollback, stage }: FeatureStatus): Told[] {
  if (rollback || stage === 'finished') return [];
  const what = 'rollback is off; after the cutover there is no way back';
  return [{ ...plain, feature: name, level: 'note', what }];
}

/** Routers whose config is not all that it could be, and that serve everything all the same. */
function otherConfigs(status: StatusReport): Told[] {
  const warn = (what: string): Told => ({ ...plain, feature: null, level: 'warn', what });
  return status.replicas.flatMap(({ host, pid, config }) => {
    if (config === null) return [];
    const router = `the router ${host} (${pid})`;
    if (config.fault !== null) return [warn(`${router} could not reload its config: ${config.fault}`)];
    if (config.fingerprint !== status.config.fingerprint)
      return [warn(`${router} goes by another config than control; run \`banyan reload\``)];
    return config.restart.length === 0
      ? []
      : [warn(`${router} must be started again for ${config.restart.join(', ')}`)];
  });
}
