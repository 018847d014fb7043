/** As the dashboard prints them, too. */
export { formatBytes, formatCount, formatMs, formatSeconds, formatShare } from '../../common/numbers.ts';
