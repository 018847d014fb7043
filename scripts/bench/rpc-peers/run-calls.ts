/** Makes calls for a second to warm up, then for `seconds`, 32 at a time, and prints what they cost this process. */
export async function runCalls(seconds: number, call: (id: number) => Promise<string>): Promise<void> {
  await callsFor(1, call);
  const cpu = process.cpuUsage();
  const began = performance.now();
  const calls = await callsFor(seconds, call);
  const { user, system } = process.cpuUsage(cpu);
  const elapsed = (performance.now() - began) / 1_000;
  console.log(JSON.stringify({ callsPerSecond: calls / elapsed, cpuMicrosPerCall: (user + system) / calls }));
}

async function callsFor(seconds: number, call: (id: number) => Promise<string>): Promise<number> {
  const until = performance.now() + seconds * 1_000;
  let calls = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < until) {
      const sku = await call(7);
      if (!sku.startsWith('SKU-7')) throw new Error(`a wrong answer: ${sku}`);
      calls++;
    }
  };
  await Promise.all(Array.from({ length: 32 }, one));
  return calls;
}
