import { annotation, type MethodDef } from './model.ts';
import { verbs } from './verbs.ts';

/** Whether a call may be sent again: as the IDL says, else if HTTP only reads by it. */
export function isIdempotent({ annotations }: MethodDef): boolean {
  const said = annotation(annotations, 'api.idempotent');
  if (said !== undefined) return said !== 'false';
  const routes = annotations.flatMap(({ name }) => verbs[name] ?? []);
  return routes.length > 0 && routes.every((verb) => verb === 'GET' || verb === 'HEAD');
}
