/** As the dashboard prints them, too. */
export { formatCount, formatMs, formatSeconds, formatShare } from '../../common/numbers.ts';
