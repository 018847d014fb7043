export { acceptsConnections } from './accepts-connections.ts';
export { cacheFolder } from './cache-folder.ts';
export type { Engine, ServerProgram } from './engine.ts';
export { engines } from './engine.ts';
export { findServerProgram } from './find-server-program.ts';
export { freePorts, portIsFree } from './ports.ts';
export type { PrivateServer, PrivateServerOptions } from './private-server.ts';
export { deleteDataDirectory, startPrivateServer } from './private-server.ts';
