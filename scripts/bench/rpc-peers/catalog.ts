import { fileURLToPath } from 'node:url';
import { type Idl, loadIdl } from 'banyan/rpc';

export function catalogIdl(): Promise<Idl> {
  return loadIdl(fileURLToPath(new URL('catalog.thrift', import.meta.url)));
}
