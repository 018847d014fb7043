/** What a machine under load does to a process: nothing runs for a while. */
export function stand(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
