import { hostname, userInfo } from 'node:os';

/** Who changes something, for the audit log: BANYAN_WHO, else the user and the machine. */
export function whoAmI(env: NodeJS.ProcessEnv = process.env): string {
  if (env.BANYAN_WHO) return env.BANYAN_WHO;
  let user = env.USER ?? env.LOGNAME ?? 'unknown';
  try {
    user = userInfo().username;
  } catch {
    // A container's user id may have no name: what the environment says is all there is.
  }
  return `${user}@${hostname()}`;
}
