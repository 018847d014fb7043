/** The package's main export: what a user's `banyan.config.ts` needs, and how programs load it. */
export type { Address } from './address.ts';
export type {
  BanyanConfig,
  ConfiguredRoute,
  CutoverConfig,
  FeatureConfig,
  VerifyConfig,
} from './config.ts';
export type { BanyanConfigInput } from './config-input.ts';
export { defineConfig } from './define-config.ts';
export { loadConfig } from './load-config.ts';
export { type ServiceConfig, servicePlace } from './services/index.ts';
