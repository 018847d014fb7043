export { adoptDatabases } from './adopt-databases.ts';
export { assertStoreKnown, type StoreCheckSources } from './store-check.ts';
