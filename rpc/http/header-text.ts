/** `Name: value`, or null if it is none. */
export function splitHeader(text: string): [string, string] | null {
  const parts = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):\s*([\t\x20-\x7e]*)$/.exec(text);
  return parts === null ? null : [parts[1]!, parts[2]!.trim()];
}
