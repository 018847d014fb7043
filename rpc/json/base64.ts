const shape = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;
const urlShape = /^[A-Za-z0-9_-]*={0,2}$/;

/** The bytes of base64 (or its URL-safe spelling), or null: Buffer.from would skip what is none. */
export function base64Bytes(text: string): Buffer | null {
  if (shape.test(text)) return Buffer.from(text, 'base64');
  return urlShape.test(text) && text.replace(/=+$/, '').length % 4 !== 1
    ? Buffer.from(text, 'base64url')
    : null;
}
