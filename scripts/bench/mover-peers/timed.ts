/** Runs `work`; its time and the CPU time of this process. */
export async function timed(
  work: () => Promise<unknown>,
): Promise<{ readonly seconds: number; readonly cpuMicros: number }> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuMicros: user + system };
}
