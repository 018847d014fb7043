import { setTimeout as wait } from 'node:timers/promises';
import type { FeatureStatus } from '../../../control/api/index.ts';
import { feature, type World } from './world.ts';

/** The feature's status once nothing is under way and nothing is wrong; or why that is not so after `withinMs`. */
export async function settled(
  world: World,
  withinMs: number,
): Promise<{ readonly status: FeatureStatus } | { readonly why: string }> {
  const began = performance.now();
  const end = began + withinMs;
  let why = 'status was never had';
  // Twice in a row: one look may fall between two things that go on by themselves.
  let good = 0;
  while (performance.now() < end) {
    const found = await look(world);
    if (typeof found === 'string') {
      why = found;
      good = 0;
    } else if (++good === 2) return { status: found };
    // What takes long is not looked at as finely.
    await wait(Math.max(100, (performance.now() - began) / 20));
  }
  return { why };
}

async function look(world: World): Promise<FeatureStatus | string> {
  try {
    const admin = await world.admin();
    try {
      const { role, features, replicas } = await admin.status(AbortSignal.timeout(3_000));
      const status = features.find((one) => one.name === feature);
      if (status === undefined) return 'status does not name the feature';
      const wrong = [
        role === 'active' ? null : `role ${role}`,
        status.hold ? `in ${status.stage}` : null,
        status.stage === 'copying' ? 'still copying' : null,
        status.running === null ? null : `${status.running} runs`,
        status.failing === null ? null : `failing: ${JSON.stringify(status.failing)}`,
        status.finding === null ? null : `finding: ${JSON.stringify(status.finding)}`,
        status.move?.trouble == null ? null : `trouble: ${JSON.stringify(status.move.trouble)}`,
        replicas.length === 2 ? null : `${replicas.length} live routers`,
      ].filter((one) => one !== null);
      return wrong.length === 0 ? status : wrong.join('; ');
    } finally {
      await admin.close();
    }
  } catch (error) {
    return `no status: ${error instanceof Error ? error.message : error}`;
  }
}
