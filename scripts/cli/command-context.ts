import { Command } from 'commander';
import { BanyanError } from '../../common/errors.ts';
import { noReason } from '../../control/api/contract/words.ts';
import type { AdminClient } from '../../control/api/index.ts';
import { type BanyanConfig, type FeatureConfig, loadConfig } from '../../control/config/index.ts';
import { noProgress, type ProgressView, progressView } from '../terminal/progress.ts';
import { type CliIo, Output } from './cli-io.ts';
import { withExamples } from './long-help.ts';
import { openAdmin } from './open-admin.ts';

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
    const admin = await openAdmin(config, this.io.env);
    try {
      return await work(admin);
    } finally {
      await admin.close();
    }
  }
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

/** A command about one feature. */
export function featureCommand(name: string, description: string): Command {
  return new Command(name).description(description).argument('<feature>', 'as the config names it');
}

/** The end of every command's declaration: the options that all take, and how it is used. */
export function withLookOptions(command: Command, ...examples: readonly string[]): Command {
  return withExamples(
    command
      .option('-c, --config <file>', 'the config; default: the nearest banyan.config.ts from here upwards')
      .option('--json', 'print exactly one JSON value on stdout'),
    ...examples,
  );
}

export interface ChangeFlags extends CommonFlags {
  readonly why: string;
}

/** The same of a command that changes something. */
export function withChangeOptions(command: Command, ...examples: readonly string[]): Command {
  return withLookOptions(command, ...examples)
    .option('--why <reason>', 'why you do it: kept in the audit log for ever', noReason)
    .option('--no-progress', 'no progress on stderr');
}
