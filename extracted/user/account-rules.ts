import { invalid } from './refusals.ts';
import type { ChangeMe, LogIn, SignUp } from './thrift-types.ts';
import type { NewUser } from './user-store.ts';

/** @throws Refusal that names the first member at fault. */
export function checkSignUp(request: SignUp): NewUser {
  return {
    email: checkEmail(parsed(request.email)),
    name: checkName(parsed(request.name)),
    password: checkPassword(parsed(request.password)),
  };
}

/** What is typed at a login: only whether it is right counts. @throws Refusal when one of the two is no text. */
export function checkLogIn(request: LogIn): { readonly email: string; readonly password: string } {
  const [email, password] = [parsed(request.email), parsed(request.password)];
  if (typeof email !== 'string') throw invalid('email', 'a text');
  if (typeof password !== 'string') throw invalid('password', 'a text');
  return { email: email.trim().slice(0, 190), password: password.slice(0, 200) };
}

export interface ProfileChange {
  readonly name?: string;
  /** The new one. */
  readonly password?: string;
  readonly currentPassword?: string;
}

/** @throws Refusal that names the first member at fault. */
export function checkChange(request: ChangeMe): ProfileChange {
  const [name, password] = [parsed(request.name), parsed(request.password)];
  const currentPassword = parsed(request.currentPassword);
  if (name === undefined && password === undefined) throw invalid('name', '1 to 120 characters');
  if (password !== undefined && typeof currentPassword !== 'string') {
    throw invalid('currentPassword', 'the password that you have now');
  }
  return {
    ...(name !== undefined && { name: checkName(name) }),
    ...(password !== undefined && {
      password: checkPassword(password),
      currentPassword: currentPassword as string,
    }),
  };
}

/** The value of a member that came as JSON text; undefined where it did not come, or where a client of Thrift sent no JSON. */
function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function checkEmail(value: unknown): string {
  if (typeof value === 'string' && value.length <= 190 && /^[^\s@<>]+@[^\s@<>]+$/.test(value)) return value;
  throw invalid('email', 'an email address of at most 190 characters');
}

function checkName(value: unknown): string {
  if (typeof value === 'string' && value.trim() !== '' && [...value].length <= 120) return value;
  throw invalid('name', '1 to 120 characters');
}

function checkPassword(value: unknown): string {
  if (typeof value === 'string' && [...value].length >= 8 && [...value].length <= 200) return value;
  throw invalid('password', '8 to 200 characters');
}
