/** Headers that say where a message ends and what becomes of its connection: they are the router's to write. */
const framing = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export function isFramingHeader(name: string): boolean {
  return framing.has(name.toLowerCase());
}
