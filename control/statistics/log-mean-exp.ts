/** The logarithm of the weighted mean of `exp(logs)`, without overflow. The weights add up to 1. */
export function logMeanExp(logs: readonly number[], weights: readonly number[]): number {
  const most = Math.max(...logs);
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (let i = 0; i < logs.length; i++) sum += weights[i]! * Math.exp(logs[i]! - most);
  return most + Math.log(sum);
}
