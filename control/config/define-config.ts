import type { BanyanConfigInput } from './config-input.ts';

/** Types what a user writes in `banyan.config.ts`; it is checked when a command loads it. */
export function defineConfig(config: BanyanConfigInput): BanyanConfigInput {
  return config;
}
