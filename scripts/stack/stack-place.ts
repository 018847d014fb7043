import { freePorts } from '../servers/index.ts';
import { stackParts } from './parts/index.ts';
import { stackPorts } from './stack-settings.ts';

/** Variables that give a stack a folder and free ports of its own, so that any number can run side by side. */
export async function stackPlace(dataDir: string): Promise<Readonly<Record<string, string>>> {
  const names = ['ROUTER', ...stackPorts(Object.values(stackParts), true).map(({ name }) => name)];
  const ports = await freePorts(names.length);
  return {
    BANYAN_DATA_DIR: dataDir,
    ...Object.fromEntries(names.map((name, index) => [`BANYAN_${name}_PORT`, String(ports[index])])),
  };
}
