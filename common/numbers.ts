/** Numbers and times as people read them in a table or a bar. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 1234567 → `1,234,567`. */
export function formatCount(value: number): string {
  return whole.format(value);
}

/** `1 row`, `2,000 rows`; `many` where an s is not enough: `1 entry`, `2 entries`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** Three figures are enough: 0.84 ms, 12.4 ms, 317 ms, 2.35 s, 28.8 s; from a minute on `1m43s`. */
export function formatMs(ms: number): string {
  if (ms >= 59_500) return formatSeconds(ms / 1000);
  if (ms >= 1000) return `${(ms / 1000).toFixed(ms >= 10_000 ? 1 : 2)} s`;
  if (ms >= 100) return `${ms.toFixed(0)} ms`;
  return `${ms.toFixed(ms >= 10 ? 1 : 2)} ms`;
}

/** In binary units, three figures: 512 B, 1.50 KiB, 24.0 MiB, 317 GiB. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)} ${units[power]}`;
}

/** 75 → `1m15s`, 9 → `9s`. */
export function formatSeconds(seconds: number): string {
  const rounded = Math.max(0, Math.round(seconds));
  if (rounded < 60) return `${rounded}s`;
  const minutes = Math.floor(rounded / 60);
  if (minutes < 60) return `${minutes}m${String(rounded % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`;
}

/** A share of a whole as `12 %`, with one decimal below ten and never a false 100. */
export function formatShare(part: number, total: number): string {
  if (total === 0) return '–';
  const percent = (100 * part) / total;
  if (part < total && percent > 99.9) return '99.9 %';
  return `${percent >= 10 || percent === 0 ? percent.toFixed(0) : percent.toFixed(1)} %`;
}
