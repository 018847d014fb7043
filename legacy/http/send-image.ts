import type { Request, Response } from 'express';
import type { Image, ImageTable } from '../models/image-table.ts';
import { notFound } from './api-error.ts';

/** Sends a picture, or 304 to who has it: under one id there is always the same one. */
export async function sendImage(
  request: Request,
  response: Response,
  images: ImageTable,
  image: Image,
): Promise<void> {
  response.set('ETag', `"${image.sha256}"`);
  response.set('X-Content-Type-Options', 'nosniff');
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  const bytes = await images.bytes(image.id);
  if (bytes === undefined) throw notFound('image');
  const name = encodeURIComponent(image.fileName);
  response.set('Content-Disposition', `inline; filename*=UTF-8''${name}`);
  response.type(image.contentType).send(bytes);
}
