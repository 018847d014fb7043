import { type Annotation, annotation } from '../idl/model.ts';

/** What of a multipart body is taken. A body as a whole has the limit of all bodies. */
export interface UploadLimits {
  readonly files: number;
  /** Of one file. */
  readonly fileBytes: number;
  readonly fields: number;
  /** Of one field's text. */
  readonly fieldBytes: number;
}

const usual = { files: 20, fields: 1_000, fieldBytes: 1024 * 1024 };

/** The annotations that say each limit. */
export const uploadLimitNames = [
  'api.max_files',
  'api.max_file_bytes',
  'api.max_fields',
  'api.max_field_bytes',
];

/** @param annotations of service and method, the one that counts last. */
export function uploadLimits(annotations: readonly Annotation[]): UploadLimits {
  const said = (name: string, otherwise: number): number => {
    const text = annotation(annotations, name);
    return text === undefined ? otherwise : Number(text);
  };
  return {
    files: said('api.max_files', usual.files),
    fileBytes: said('api.max_file_bytes', Number.POSITIVE_INFINITY),
    fields: said('api.max_fields', usual.fields),
    fieldBytes: said('api.max_field_bytes', usual.fieldBytes),
  };
}
