export { type AdminApiOptions, adminApi } from './admin-api.ts';
export { adminTokens } from './admin-token.ts';
export { type AdminServer, listenAdmin } from './listen.ts';
