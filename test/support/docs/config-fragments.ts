import { configInput } from '../../../control/config/config-input.ts';
import type { CodeBlock } from './code-blocks.ts';

/** `router: { … },` stands in an object. */
export function isFragment({ language, code }: CodeBlock): boolean {
  return language === 'ts' && /^(?:\s*\/\/.*\n)*\w+: [{[]/.test(code);
}

const whole = new Set(Object.keys(configInput.shape));
const ofOne = new Set(['service', 'database', 'tables', 'routes', 'policy']);

/** Part of the config, of its features, or of one of them: by the names in it. */
function typeOf(code: string): 'BanyanConfigInput' | 'Features' | 'Feature' {
  const names = [...code.matchAll(/^(\w+):/gm)].map(([, name]) => name!);
  if (names.every((name) => whole.has(name))) return 'BanyanConfigInput';
  return names.every((name) => ofOne.has(name)) ? 'Feature' : 'Features';
}

const merged = {
  BanyanConfigInput: `{
  ...base,
  ...part,
  databases: { ...base.databases, ...part.databases },
}`,
  Features: '{ ...base, features: part }',
  Feature: '{ ...base, features: { product: { ...product, ...part } } }',
};

/** A config file with this in it, and around it what the page takes for granted. */
export function configOf({ code }: CodeBlock): string {
  const type = typeOf(code);
  return `import { type BanyanConfigInput, defineConfig } from 'banyan';

type Features = BanyanConfigInput['features'];
type Feature = Features[string];

const password = '';
const at = { user: 'banyan', password };
const base = {
  databases: {
    legacy: { ...at, database: 'shop' },
    product: { ...at, database: 'product' },
    reviews: { ...at, database: 'reviews' },
    shops: { ...at, database: 'shops' },
    user: { ...at, database: 'users' },
  },
  state: { database: 'legacy' },
  legacy: { addresses: ['http://127.0.0.1:3000'], database: 'legacy' },
  features: {},
};
export const product = {
  service: { idl: './product.thrift', name: 'ProductService', addresses: ['127.0.0.1:7402'] },
  database: 'product',
};

const part: ${type === 'Features' ? type : `Partial<${type}>`} = {
${code}};

export default defineConfig(${merged[type]});
`;
}
