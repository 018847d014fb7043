import { annotation, type MethodDef, type ServiceDef } from '../idl/model.ts';
import { type UploadLimits, uploadLimits } from './upload-limits.ts';

/** How a method takes a body that no call could hold (`api.upload`). */
export interface UploadPlan {
  /** Bytes of the body that one call takes. */
  readonly pieceBytes: number;
  /** Largest body, bytes. */
  readonly maxBytes: number;
  /** The body is a form, and the pieces are those of its files. */
  readonly takesMultipart: boolean;
  readonly limits: UploadLimits;
}

const usualPieceBytes = 256 * 1024;
const usualMaxBytes = 1024 * 1024 * 1024;

/** null: the method takes bodies whole. */
export function uploadPlan(
  service: ServiceDef,
  method: MethodDef,
  takesMultipart: boolean,
): UploadPlan | null {
  const said = annotation(method.annotations, 'api.upload');
  if (said === undefined) return null;
  const both = [...service.annotations, ...method.annotations];
  return {
    pieceBytes: Number(said) || usualPieceBytes,
    maxBytes: Number(annotation(both, 'api.max_upload_bytes') ?? usualMaxBytes),
    takesMultipart,
    limits: uploadLimits(both),
  };
}
