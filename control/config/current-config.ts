import type { BanyanConfig } from './config.ts';
import { type ConfigPrint, configPrint } from './config-print.ts';

/** The config that a process goes by: another one after a reload. */
export class CurrentConfig {
  #value: BanyanConfig;
  #print: ConfigPrint;

  private constructor(value: BanyanConfig, print: ConfigPrint) {
    this.#value = value;
    this.#print = print;
  }

  static async of(config: BanyanConfig): Promise<CurrentConfig> {
    return new CurrentConfig(config, await configPrint(config));
  }

  get value(): BanyanConfig {
    return this.#value;
  }

  get print(): ConfigPrint {
    return this.#print;
  }

  replace(value: BanyanConfig, print: ConfigPrint): void {
    this.#value = value;
    this.#print = print;
  }
}
