// One plain repetition each: groups of four would overflow the stack of the engine on long texts.
const alphabet = /^[A-Za-z0-9+/]*={0,2}$/;
const urlAlphabet = /^[A-Za-z0-9_-]*={0,2}$/;

/** The bytes of base64 (or its URL-safe spelling), padded or not, or null: Buffer.from would skip what is none. */
export function base64Bytes(text: string): Buffer | null {
  if (!isWhole(text)) return null;
  if (alphabet.test(text)) return Buffer.from(text, 'base64');
  return urlAlphabet.test(text) ? Buffer.from(text, 'base64url') : null;
}

/** Whether what stands before the padding ends with a byte, and the padding fills its last group if there is any. */
function isWhole(text: string): boolean {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const rest = (text.length - padding) % 4;
  return rest !== 1 && (padding === 0 || rest + padding === 4);
}
