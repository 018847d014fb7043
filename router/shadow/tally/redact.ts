const hidden = '(redacted)';

const tellingName =
  /pass(?:word|wd|phrase)?|secret|token|auth|cookie|session|credential|api.?key|signature|card|cvc|cvv|iban|ssn|tax.?id|birth|e.?mail|phone|mobile/i;
const email = /[^\s"@:/]+@[^\s"@/]+\.[^\s"@/]+/g;
/** Keys, tokens, signatures: long runs of letters and digits, with at least one digit. */
const opaque = /(?=[\w+/=.-]*\d)[\w+/=.-]{24,}/g;
const opaqueSegment = /(?=[\w+=.-]*\d)[\w+=.-]{24,}/g;
const cardNumber = /\b(?:\d[ -]?){13,19}\b/g;
const longest = 120;

/**
 * A value as a sample may show it. Nothing is shown of fields whose name says that it is nobody's business, nor of what looks like an
 * address, a key or the number of a card, wherever it stands.
 */
export function redactValue(path: string, value: string | null): string | null {
  if (value === null) return null;
  if (tellingName.test(path)) return path.startsWith('header.set-cookie') ? cut(value) : hidden;
  return cut(value.replace(email, hidden).replace(opaque, hidden).replace(cardNumber, maskCard));
}

/** The target of a request: its path, and the names in its query. Ids stay, to find the thing by. */
export function redactTarget(target: string): string {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const names = mark === -1 ? [] : [...new URLSearchParams(target.slice(mark + 1)).keys()];
  const query =
    names.length === 0 ? '' : `?${names.map((name) => `${encodeURIComponent(name)}=…`).join('&')}`;
  return cut(`${path.replace(email, hidden).replace(opaqueSegment, maskOpaque)}${query}`);
}

/** Long whole numbers are ids, and what a difference of digits is about; a card's number is one by its check digit. */
function maskCard(text: string): string {
  const digits = text.replace(/\D/g, '');
  return passesLuhn(digits) ? hidden : text;
}

/** A UUID in a path is the thing's name. */
function maskOpaque(text: string): string {
  return /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.test(text) ? text : hidden;
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const value = i % 2 === 0 ? digit : digit * 2;
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 === 0;
}

function cut(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}
