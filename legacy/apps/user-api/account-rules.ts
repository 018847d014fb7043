import { invalid } from '../../http/api-error.ts';
import type { NewUser } from '../../models/user-table.ts';

type Body = Readonly<Record<string, unknown>>;

/** @throws ApiError 400 naming the member at fault. */
export function checkNewUser(body: Body): NewUser {
  return {
    email: checkEmail(body.email),
    name: checkName(body.name),
    password: checkPassword(body.password),
  };
}

/** What is typed at a login: whether it is well-formed is nobody's business, only whether it is right. */
export function checkLogin({ email, password }: Body): { readonly email: string; readonly password: string } {
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

/** @throws ApiError 400 naming the member at fault. */
export function checkProfileChange({ name, password, currentPassword }: Body): ProfileChange {
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
