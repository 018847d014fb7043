import type { Command } from 'commander';
import { BanyanError } from '../../common/errors.ts';
import { type BanyanConfig, type FeatureConfig, loadConfig } from '../../control/config/index.ts';
import { noProgress, type ProgressView, progressView } from '../terminal/progress.ts';
import { AdminClient } from './admin-client.ts';
import { type CliIo, Output } from './cli-io.ts';
import { whoAmI } from './who.ts';

/** Options that every command takes. */
export interface CommonFlags {
  readonly config?: string;
  readonly json?: boolean;
  readonly progress?: boolean;
}

/** What a command works with: made from the common flags, opened only when asked for. */
export class CommandContext {
  readonly io: CliIo;
  readonly output: Output;
  readonly #flags: CommonFlags;

  constructor(io: CliIo, flags: CommonFlags) {
    this.io = io;
    this.#flags = flags;
    this.output = new Output(io, flags.json ?? false);
  }

  get json(): boolean {
    return this.#flags.json ?? false;
  }

  config(): Promise<BanyanConfig> {
    return loadConfig(this.#flags.config, this.io.directory);
  }

  progress(): ProgressView {
    return this.#flags.progress === false ? noProgress : progressView({ stream: this.io.stderr });
  }

  /** Runs `work` with a client of the config's control process, and closes it. A feature is looked up before anyone is asked. */
  async withAdmin<Result>(
    feature: string | undefined,
    work: (admin: AdminClient) => Promise<Result>,
  ): Promise<Result> {
    const config = await this.config();
    if (feature !== undefined) requireFeature(config, feature);
    const admin = await AdminClient.open({
      url: adminUrl(config),
      tokenFile: config.control.tokenFile,
      who: whoAmI(this.io.env),
    });
    try {
      return await work(admin);
    } finally {
      await admin.close();
    }
  }
}

/** Where the control process of a config listens. */
export function adminUrl(config: BanyanConfig): string {
  const { host, port } = config.control.listen;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Throws `BANYAN_FEATURE_UNKNOWN` before anything is asked of anyone. */
export function requireFeature(config: BanyanConfig, feature: string): FeatureConfig {
  const found = Object.hasOwn(config.features, feature) ? config.features[feature] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(config.features);
  throw new BanyanError(
    'BANYAN_FEATURE_UNKNOWN',
    `There is no feature named "${feature}" in ${config.file}.`,
    {
      fix:
        known.length === 0
          ? 'The config names no feature yet: add one.'
          : `Name one of: ${known.join(', ')}.`,
    },
  );
}

/** Adds the options that every command takes. */
export function withCommonOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'the config; default: the nearest banyan.config.ts from here upwards')
    .option('--json', 'print exactly one JSON value on stdout');
}

/** What the audit log says where nobody gave a reason: a rollback at three in the morning must not fail for want of one. */
const noReason = '(no reason given)';

export interface ChangeFlags extends CommonFlags {
  readonly why: string;
}

/** Adds the option of every command that changes something. */
export function withWhyOption(command: Command): Command {
  return command
    .option('--why <reason>', 'why you do it: kept in the audit log for ever', noReason)
    .option('--no-progress', 'no progress on stderr');
}

/** The one way in which help shows how a command is used. */
export function withExamples(command: Command, ...examples: readonly string[]): Command {
  const heading = examples.length === 1 ? 'Example:' : 'Examples:';
  return command.addHelpText('after', `\n${heading}\n${examples.map((line) => `  ${line}`).join('\n')}\n`);
}
