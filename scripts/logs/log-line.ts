/** One line of a process's log that belongs to the request. */
export interface LogLine {
  /** Milliseconds since 1970; null: the line says none, and stands after the one before it in its file. */
  readonly timeMs: number | null;
  /** As the process names itself in its lines, else its file. */
  readonly process: string;
  /** `info`, `error`, …; null: the line says none. */
  readonly level: string | null;
  readonly message: string;
  /** All else that the line says, as it came. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** pino's numbers: https://getpino.io/#/docs/api?id=loggerlevels-object */
const levels: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const timeNames = ['time', 'timestamp', '@timestamp', 'ts'];
const known = new Set([...timeNames, 'level', 'msg', 'message', 'name', 'pid', 'hostname']);

/**
 * Reads a line if it belongs to the request: one of its members, however deep, is the id, or a `traceparent` whose trace id is. A line
 * that is no JSON belongs to it when it has the id as a word of its own.
 */
export function readLogLine(text: string, id: string, file: string): LogLine | null {
  // Most lines are of other requests: they need not be parsed.
  if (!text.includes(id)) return null;
  const line = parsed(text);
  if (line === null) {
    const message = text.trim();
    return hasWord(message, id) ? { timeMs: null, process: file, level: null, message, fields: {} } : null;
  }
  if (!mentions(line, id)) return null;
  const { level, name } = line;
  return {
    timeMs: timeOf(line),
    process: typeof name === 'string' && name !== '' ? name : file,
    level: typeof level === 'number' ? (levels[level] ?? String(level)) : textOf(level),
    message: textOf(line.msg) ?? textOf(line.message) ?? '',
    fields: Object.fromEntries(Object.entries(line).filter(([member]) => !known.has(member))),
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  const from = text.indexOf('{');
  if (from === -1) return null;
  try {
    // journalctl and container engines write something of their own before the line.
    const value: unknown = JSON.parse(text.slice(from));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    return null;
  }
}

function mentions(value: unknown, id: string): boolean {
  if (typeof value === 'string') return value === id || value.split('-')[1] === id;
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((member) => mentions(member, id));
}

function hasWord(text: string, id: string): boolean {
  for (let at = text.indexOf(id); at !== -1; at = text.indexOf(id, at + 1)) {
    const around = `${text[at - 1] ?? ' '}${text[at + id.length] ?? ' '}`;
    if (!/[\w-]/.test(around)) return true;
  }
  return false;
}

function timeOf(line: Readonly<Record<string, unknown>>): number | null {
  for (const name of timeNames) {
    const value = line[name];
    const ms = typeof value === 'string' ? Date.parse(value) : value;
    if (typeof ms === 'number' && Number.isFinite(ms)) return ms;
  }
  return null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
