import { type Entry, Level } from './thrift-types.ts';

/** RFC 5424, section 6.2.1: severities; the facility is local0. */
const severity: Readonly<Record<Level, number>> = {
  [Level.debug]: 7,
  [Level.info]: 6,
  [Level.warn]: 4,
  [Level.error]: 3,
};
const local0 = 16;
/** For examples (RFC 5612): a shop has no number of its own. */
const enterprise = '32473';

/** An entry as a syslog message. Its id and fields are structured data, so that a receiver can tell a second copy. Pure. */
export function syslogMessage(entry: Entry, hostname: string): string {
  const priority = local0 * 8 + severity[entry.level];
  const values = [['id', entry.id], ...(entry.fields === undefined ? [] : [['fields', entry.fields]])];
  const data = values.map(([name, value]) => `${name}="${value!.replace(/["\\\]]/g, '\\$&')}"`).join(' ');
  const app = entry.source.slice(0, 48);
  // The BOM says that the message is UTF-8 (section 6.4).
  return `<${priority}>1 ${entry.at} ${hostname} ${app} - - [entry@${enterprise} ${data}] \uFEFF${entry.message}`;
}
