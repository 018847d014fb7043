// Which routes and jobs of the monolith touch tables that move: `banyan/watch`.
export { nameCallers, runAs } from './caller.ts';
export { type QueryWatch, type WatchQueriesOptions, watchQueries } from './watch-queries.ts';
