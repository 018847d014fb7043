/** The exceptions that user.thrift declares, named as there. */
export type RefusalName = 'BadRequest' | 'NotLoggedIn' | 'Forbidden' | 'NotFound' | 'Conflict';

/** A refusal that the caller gets as a declared exception. */
export class Refusal extends Error {
  readonly exception: RefusalName;
  readonly code: string;

  constructor(exception: RefusalName, code: string, message: string) {
    super(message);
    this.name = 'Refusal';
    this.exception = exception;
    this.code = code;
  }
}

/** @param field the member of the body that is wrong. */
export function invalid(field: string, rule: string): Refusal {
  return new Refusal('BadRequest', 'bad_request', `${field} must be ${rule}.`);
}

export function notLoggedIn(): Refusal {
  return new Refusal('NotLoggedIn', 'not_logged_in', 'Log in first.');
}

export function wrongLogin(): Refusal {
  return new Refusal('NotLoggedIn', 'wrong_login', 'Email or password is wrong.');
}

export function wrongPassword(): Refusal {
  return new Refusal('Forbidden', 'wrong_password', 'This is not the password that you have now.');
}

export function noSuchUser(): Refusal {
  return new Refusal('NotFound', 'not_found', 'There is no such user.');
}

export function emailTaken(): Refusal {
  return new Refusal('Conflict', 'email_taken', 'There is an account with this email.');
}
