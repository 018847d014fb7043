import { isUtf8 } from 'node:buffer';
import type { OutgoingCall } from '../client/client.ts';
import { BadValue, withMember } from '../codec/bad-value.ts';
import { parseJson } from '../json/exact-json.ts';
import type { RawPlan } from '../json/parsed-json.ts';
import { maxDepth } from '../wire/types.ts';
import { type Form, UrlencodedForm } from './form.ts';
import type { HttpInput } from './http-types.ts';
import type { UploadedFile } from './multipart.ts';
import { headerValues } from './request-parts.ts';
import type { UploadPiece } from './upload.ts';

/** A request whose body is there whole; null of one that comes in pieces. */
export type WholeInput = HttpInput & { readonly body: Buffer | null };

/** A request with what has been read of it so far. */
export interface Incoming {
  readonly input: WholeInput;
  /** What the call is sent with; null until it is. */
  call: OutgoingCall | null;
  /** Parsed once, if a field wants it. */
  json: { readonly value: unknown } | null;
  form: Form | null;
  /** Of a multipart body. */
  files: readonly UploadedFile[];
  /** Which piece of a stream is asked for; null: the first. */
  cursor: string | null;
  /** What this call takes of an upload. */
  piece: UploadPiece | null;
}

/** A body, or a part of it, that is larger than it may be, as it came or inflated. */
export class BodyTooLarge extends Error {}

/** Why a body cannot be read, other than for its values. */
export class UnsupportedMedia extends Error {}

const jsonType = /^\s*application\/(?:[a-z0-9.+-]*\+)?json\s*(?:;|$)/i;
const formType = /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i;
const byteOrderMark = Buffer.from('efbbbf', 'hex');

/** What a method takes of a body besides its bytes. */
export interface BodyWants {
  readonly json: boolean;
  /** Names in a form; none: no such body is taken. */
  readonly form: ReadonlySet<string>;
  /** A form may be `multipart/form-data`. */
  readonly multipart: boolean;
  /** What of the JSON is taken as its text. */
  readonly raw: RawPlan | null;
}

/**
 * Reads the body as the fields want it, into `request.json` or `request.form`; neither where there is none, or it was read before. A body whose
 * type is not said is what the method takes, JSON first.
 *
 * @throws UnsupportedMedia, BadValue, JsonSyntaxError
 */
export function readBody(request: Incoming, wants: BodyWants): void {
  const { body, rawHeaders } = request.input;
  if (body === null || body.length === 0 || request.form !== null) return;
  const type = headerValues(rawHeaders, 'content-type')?.[0];
  if (type === undefined ? wants.json : wants.json && jsonType.test(type)) {
    refuseCharset(type);
    request.json = jsonOf(body, wants.raw);
  } else if (type === undefined || (wants.form.size > 0 && formType.test(type))) {
    refuseCharset(type);
    if (!isUtf8(body)) throw new BadValue('must be UTF-8').inMember('body');
    request.form = new UrlencodedForm(body.toString('utf8'), wants.form);
  } else {
    throw new UnsupportedMedia(`a body of ${type}`);
  }
}

function refuseCharset(type: string | undefined): void {
  const charset = type === undefined ? undefined : /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(type)?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw new UnsupportedMedia(`a body in ${charset}`);
}

function jsonOf(body: Buffer, raw: RawPlan | null): { readonly value: unknown } {
  if (!isUtf8(body)) throw new BadValue('must be UTF-8').inMember('body');
  // Parsers may ignore a byte order mark (RFC 8259 §8.1), and those of Express do.
  const text = body.toString('utf8', body.subarray(0, 3).equals(byteOrderMark) ? 3 : 0);
  try {
    return { value: parseJson(text, { raw, maxDepth: maxDepth * 2 }) };
  } catch (error) {
    throw withMember(error, 'body');
  }
}
