import packageJson from '../package.json' with { type: 'json' };

/** Of the package that runs: `0.1.0`. */
export const banyanVersion: string = packageJson.version;
