import { Readable } from 'node:stream';
import type { UploadPlan } from '../http/upload-plan.ts';
import { type FileHead, isMultipart, MultipartForm, partsOf } from './multipart.ts';
import { type Incoming, UnsupportedMedia } from './request-body.ts';

/** A stretch of an upload, as one call takes it. */
export interface UploadPiece {
  readonly bytes: Buffer;
  /** The file that it is of; null where the body is no form. */
  readonly file: FileHead | null;
  readonly isLast: boolean;
}

type Unsent = Omit<UploadPiece, 'isLast'>;

/**
 * Sends a body piece by piece, a call for each, no faster than the service answers them. The last one is known for it, so each is held
 * until the next is there. Texts of a form are in all calls after they came.
 *
 * @param send one call, with `request.piece`: what the next is asked by, or the answer, which ends the upload.
 */
export async function upload<Answer>(
  request: Incoming,
  body: AsyncIterable<Buffer> | Iterable<Buffer>,
  type: string | undefined,
  plan: UploadPlan,
  send: () => Promise<{ readonly next: string } | { readonly answer: Answer }>,
): Promise<Answer> {
  let held: Unsent | null = null;
  const readable = Readable.from(body, { objectMode: false });
  try {
    for await (const piece of piecesOf(request, readable, type, plan)) {
      if (held !== null) {
        request.piece = { ...held, isLast: false };
        const sent = await send();
        if ('answer' in sent) return sent.answer;
        request.cursor = sent.next;
      }
      held = piece;
    }
    request.piece = { ...(held ?? { bytes: Buffer.alloc(0), file: null }), isLast: true };
    const sent = await send();
    if ('answer' in sent) return sent.answer;
    throw new Error('the last piece of an upload has no answer');
  } finally {
    readable.destroy();
  }
}

async function* piecesOf(
  request: Incoming,
  body: Readable,
  type: string | undefined,
  { takesMultipart, limits, pieceBytes }: UploadPlan,
): AsyncGenerator<Unsent, void, void> {
  if (!takesMultipart) {
    for await (const bytes of regrouped(body, pieceBytes)) yield { bytes, file: null };
    return;
  }
  if (!isMultipart(type)) {
    throw new UnsupportedMedia(type === undefined ? 'a body whose type is not said' : `a body of ${type}`);
  }
  const texts: [string, string][] = [];
  request.form = new MultipartForm(texts, []);
  for await (const part of partsOf(body, type, limits)) {
    if (part.kind === 'text') {
      texts.push([part.name, part.value]);
      continue;
    }
    let isEmpty = true;
    for await (const bytes of regrouped(part.pieces, pieceBytes)) {
      yield { bytes, file: part };
      isEmpty = false;
    }
    if (isEmpty) yield { bytes: Buffer.alloc(0), file: part };
  }
}

/** The same bytes in pieces of that many, the last of them shorter. */
async function* regrouped(pieces: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer, void, void> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    if (length < size) continue;
    const all = Buffer.concat(waiting);
    let from = 0;
    for (; all.length - from >= size; from += size) yield all.subarray(from, from + size);
    waiting = from === all.length ? [] : [all.subarray(from)];
    length = all.length - from;
  }
  if (length > 0) yield Buffer.concat(waiting);
}
