import type { Registers } from './registers.ts';

/**
 * Holds redemptions against what members were told, asked through the router: nothing else knows them. Each acknowledged one is there, and a benefit
 * has been redeemed as often as it has redemptions.
 */
export async function auditRedemptions(router: string, registers: Registers): Promise<string[]> {
  const findings: string[] = [];
  const redeemed = new Map<string, number>();
  for (const [register, { value, possible }] of registers.of('redemption')) {
    const [shop, benefit, member] = register.split('/');
    const path = `/api/shops/${shop}/benefits/${benefit}`;
    const { status } = await get(router, `${path}/redemptions/${member}`);
    if (status === 200) redeemed.set(path, (redeemed.get(path) ?? 0) + 1);
    else if (status !== 404) findings.push(`redemption ${register} is answered ${status}`);
    if (status === 404 && value !== null)
      findings.push(`redemption ${register} was acknowledged and is not there`);
    if (status === 200 && value === null && possible.length === 0)
      findings.push(`redemption ${register} was refused and is there`);
  }
  for (const [path, times] of redeemed) {
    const { body } = await get(router, path);
    const { quantity, left } = body as { quantity: number; left: number };
    if (quantity - left !== times)
      findings.push(`${path} has ${times} redemptions and ${left} of ${quantity} left`);
  }
  return findings;
}

async function get(router: string, path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${router}${path}`, { signal: AbortSignal.timeout(30_000) });
  return { status: response.status, body: await response.json() };
}
