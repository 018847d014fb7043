import { BanyanError, type Fault } from '../../common/errors.ts';
import { portIsFree } from '../servers/index.ts';
import { type StackSettings, stackPorts } from './stack-settings.ts';

/** Throws `BANYAN_PORT_TAKEN` with every port of the stack that is taken or is no port, before anything has started. */
export async function checkPorts(settings: StackSettings): Promise<void> {
  const wanted = [
    ...settings.routerPorts.map((port) => ({ name: 'ROUTER', whose: 'the router', port })),
    ...stackPorts(settings.parts, settings.faces ?? false).map(({ name, whose }) => ({
      ...{ name, whose },
      port: settings.ports[name] ?? Number.NaN,
    })),
  ];
  const faults: Fault[] = [];
  const seen = new Set<number>();
  for (const { whose, port, name } of wanted) {
    const variable = `BANYAN_${name}_PORT`;
    const valid = Number.isInteger(port) && port > 0 && port < 65_536;
    if (valid && !seen.has(port) && (await portIsFree(port))) {
      seen.add(port);
      continue;
    }
    faults.push({
      code: 'BANYAN_PORT_TAKEN',
      what: valid ? `port ${port}, meant for ${whose}, is taken` : `${variable} is no port`,
      fix: valid
        ? `Stop what listens there, or set ${variable} to a free port.`
        : `Set ${variable} to a number from 1 to 65535.`,
    });
  }
  if (faults.length === 0) return;
  throw new BanyanError(
    'BANYAN_PORT_TAKEN',
    faults.length === 1
      ? 'The stack cannot start: a port is taken.'
      : `The stack cannot start: ${faults.length} ports are taken.`,
    { fix: 'Is another stack or demo running? `ss -ltnp` shows who listens; nothing was started.', faults },
  );
}
