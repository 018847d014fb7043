import type { SearchServiceConfig } from './config.ts';
import { ElasticEngine } from './elastic/elastic-engine.ts';
import { EmbeddedEngine } from './embedded/embedded-engine.ts';
import type { SearchEngine } from './search-index.ts';

/** @throws Error when the engine's client is not installed */
export function openEngine({ engine, match, hideClosedShops }: SearchServiceConfig): Promise<SearchEngine> {
  const options = { match, hideClosedShops };
  if (engine.kind === 'embedded') return Promise.resolve(new EmbeddedEngine(engine.folder, options));
  const { node, apiKey, alias } = engine;
  return ElasticEngine.load({ ...options, node, apiKey, alias });
}
