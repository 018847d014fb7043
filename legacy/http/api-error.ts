/** A refusal that the client gets as JSON: the one error shape of the API. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string };
}

export function errorBody({ code, message }: ApiError): ErrorBody {
  return { error: { code, message } };
}

/** @param field the member of the body, or the query or path parameter, that is wrong. */
export function invalid(field: string, rule: string): ApiError {
  return new ApiError(400, 'bad_request', `${field} must be ${rule}.`);
}

export function notFound(what: string): ApiError {
  return new ApiError(404, 'not_found', `There is no such ${what}.`);
}

export function notLoggedIn(): ApiError {
  return new ApiError(401, 'not_logged_in', 'Log in first.');
}

export function forbidden(): ApiError {
  return new ApiError(403, 'forbidden', 'You may not do this.');
}

export function notAnObject(): ApiError {
  return new ApiError(400, 'bad_request', 'The request body must be a JSON object.');
}

export function notJson(): ApiError {
  return new ApiError(415, 'unsupported_media_type', 'Send the request body as application/json in UTF-8.');
}

export function tooLarge(): ApiError {
  return new ApiError(413, 'body_too_large', 'The request body is too large.');
}
