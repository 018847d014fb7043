/** As the dashboard prints them, too. */
export {
  counted,
  formatBytes,
  formatCount,
  formatMs,
  formatSeconds,
  formatShare,
} from '../../common/numbers.ts';
