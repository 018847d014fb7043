import { Readable } from 'node:stream';
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import { BadValue } from '../codec/bad-value.ts';
import type { UploadLimits } from '../http/upload-limits.ts';
import type { Form } from './form.ts';
import type { EachText } from './nested-parameters.ts';
import { BodyTooLarge } from './request-body.ts';

/** What a part of a multipart body says of its file. */
export interface FileHead {
  /** Name of the form's field. */
  readonly field: string;
  /** As the client calls the file, without its folders; undefined: it says none. */
  readonly name: string | undefined;
  readonly type: string;
}

export interface UploadedFile extends FileHead {
  readonly bytes: Buffer;
}

export type Part =
  | { readonly kind: 'text'; readonly name: string; readonly value: string }
  | ({ readonly kind: 'file'; readonly pieces: AsyncIterable<Buffer> } & FileHead);

/** `multipart/form-data`, read whole. */
export class MultipartForm implements Form {
  readonly files: readonly UploadedFile[];
  readonly #texts: readonly (readonly [name: string, value: string])[];

  constructor(texts: readonly (readonly [name: string, value: string])[], files: readonly UploadedFile[]) {
    this.#texts = texts;
    this.files = files;
  }

  values(name: string): readonly string[] | null {
    const found = this.#texts.flatMap(([one, value]) => (one === name ? [value] : []));
    return found.length === 0 ? null : found;
  }

  texts(): EachText {
    return (onText) => {
      for (const [name, value] of this.#texts) onText(name, () => value);
    };
  }
}

export function isMultipart(type: string | undefined): type is string {
  return type !== undefined && /^\s*multipart\/form-data\s*(?:;|$)/i.test(type);
}

/** Takes a whole body apart. @throws BadValue, BodyTooLarge */
export async function readMultipart(
  body: Buffer,
  type: string,
  limits: UploadLimits,
): Promise<MultipartForm> {
  const texts: (readonly [string, string])[] = [];
  const files: UploadedFile[] = [];
  for await (const part of partsOf(Readable.from([body]), type, limits)) {
    if (part.kind === 'text') {
      texts.push([part.name, part.value]);
      continue;
    }
    const { field, name, type: fileType, pieces } = part;
    const bytes: Buffer[] = [];
    for await (const piece of pieces) bytes.push(piece);
    files.push({ field, name, type: fileType, bytes: Buffer.concat(bytes) });
  }
  return new MultipartForm(texts, files);
}

/**
 * The parts of a body as they come: a file has to be read before the next part is there, and the body is read no faster than its files
 * are. @throws BadValue, BodyTooLarge
 */
export async function* partsOf(
  body: Readable,
  type: string,
  limits: UploadLimits,
): AsyncGenerator<Part, void, void> {
  const queue = new PartQueue();
  const parser = parserOf(type, limits);
  const fail = (error: unknown): void => {
    queue.fail(error);
    body.destroy();
  };
  parser
    .on('field', (name: string, value: string, _: boolean, isCut: boolean) => {
      if (isCut) fail(tooLarge(name, limits.fieldBytes));
      else queue.push({ kind: 'text', name, value });
    })
    .on(
      'file',
      (field: string, stream: BusboyFileStream, name: string | undefined, __: string, type: string) => {
        // Whoever reads the pieces hears of it; one that nobody reads any more must not end the process.
        stream.on('error', fail).on('limit', () => fail(tooLarge(field, limits.fileBytes)));
        queue.push({ kind: 'file', field, name, type, pieces: piecesOf(stream, queue) });
      },
    )
    .on('filesLimit', () => fail(new BadValue(`has more than ${limits.files} files`).inMember('body')))
    .on('fieldsLimit', () => fail(new BadValue(`has more than ${limits.fields} fields`).inMember('body')))
    .on('error', () => fail(new BadValue('is no multipart/form-data').inMember('body')))
    .on('finish', () => queue.end());
  body.on('error', (error) => queue.fail(error));
  body.pipe(parser);
  try {
    for (let part = await queue.next(); part !== null; part = await queue.next()) yield part;
  } finally {
    body.unpipe(parser);
    parser.destroy();
  }
}

async function* piecesOf(stream: Readable, queue: PartQueue): AsyncGenerator<Buffer, void, void> {
  try {
    for await (const piece of stream) {
      queue.check();
      yield piece as Buffer;
    }
  } catch (error) {
    queue.check();
    throw error;
  }
  queue.check();
}

function parserOf(type: string, limits: UploadLimits): InstanceType<typeof Busboy> {
  try {
    return new Busboy({
      headers: { 'content-type': type },
      limits: {
        files: limits.files,
        fileSize: limits.fileBytes,
        fields: limits.fields,
        fieldSize: limits.fieldBytes,
        headerPairs: 100,
      },
    });
  } catch {
    throw new BadValue('has no boundary').inMember('body');
  }
}

function tooLarge(name: string, bytes: number): BodyTooLarge {
  return new BodyTooLarge(`${name} has more than ${bytes} bytes`);
}

/** Parts that were parsed and not taken yet, and what went wrong. */
class PartQueue {
  readonly #parts: Part[] = [];
  #error: unknown = null;
  #ended = false;
  #wake: (() => void) | null = null;

  push(part: Part): void {
    this.#parts.push(part);
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#error ??= error;
    this.#wake?.();
  }

  check(): void {
    if (this.#error !== null) throw this.#error;
  }

  /** null: there are no more. */
  async next(): Promise<Part | null> {
    for (;;) {
      this.check();
      const part = this.#parts.shift();
      if (part !== undefined) return part;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
